// This file is the development OpenID provider: oidc-provider behind a listener of its own.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC as Context } from 'oidc-provider';
import { serializeError } from '../../actors/errors.js';
import type { DevProviderConfig } from '../../config/types.js';
import { type Address, ListenError, urlOf } from '../../net/address.js';
import { devProviderConfiguration } from './configuration.js';
import { devProviderKeys } from './keys.js';
import type { WriteLine } from './kind.js';

/** A notice that oidc-provider prints, also for development features that are used in development only. */
const NOTICE = /oidc-provider (?:NOTICE|WARNING): (.*)/;

/** A development OpenID provider (03-identity §3.6) that has bound its port and does not serve yet. */
export interface BoundProvider {
  /** The port in use, even if 0 was configured. */
  readonly port: number;
  /** Begins to serve. @param publicUrl where the provider sends browsers back to */
  serve(publicUrl: URL): void;
  /** Ends the provider at once. */
  close(): Promise<void>;
}

const STARTING: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '1' }).end();
};

/**
 * Answers requests for this host only. Otherwise a page whose own host name is made to resolve to this host (DNS rebinding) would
 * have the provider's origin in its browser, could read the answers, and so get a token of any user.
 */
function atHost(host: string, listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.host === host) listener(request, response);
    else response.writeHead(421).end();
  };
}

/** Binds the port of the development provider: its issuer must be known before it can exist. @throws ListenError */
export async function bindDevProvider(
  { address, secret, audience }: Omit<DevProviderConfig, 'policy'>,
  write: WriteLine,
): Promise<BoundProvider> {
  const endNotices = takeNotices(write);
  const server = createServer(STARTING);
  try {
    // The package is imported only now because it prints notices while it loads, which takeNotices() catches.
    const { default: OidcProvider, errors } = await import('oidc-provider');
    const port = await listenOn(server, address);
    const issuer = urlOf('http', address, port);
    return {
      port,
      serve: (publicUrl) => {
        const provider = new OidcProvider(
          issuer,
          devProviderConfiguration(devProviderKeys(secret), publicUrl, audience, errors.InvalidTarget),
        );
        writeErrors(provider, write);
        provider.use(onlyFromHere);
        const { host } = new URL(issuer);
        server.removeListener('request', STARTING).on('request', atHost(host, provider.callback()));
        const text = 'the development OpenID provider signs anybody in; set OIDC_ISSUER for a real one';
        write({ level: 'warn', fields: { issuer }, text });
      },
      close: () =>
        new Promise((resolve) => {
          endNotices();
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  } catch (error) {
    endNotices();
    throw error;
  }
}

function listenOn(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', () => reject(new ListenError(address)));
    server.listen(address.port, address.host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Removes the font of another site from the provider's pages: pages of this machine load nothing from elsewhere. */
async function onlyFromHere(context: Context, next: () => Promise<void>): Promise<void> {
  await next();
  if (typeof context.body === 'string')
    context.body = context.body.replace(/@import url\(https:[^)]*\);/g, '');
}

/** Logs refusals and failures of the provider; the errors' own text holds no code or token. */
function writeErrors(provider: Provider, write: WriteLine): void {
  const refused = (_ctx: unknown, { message: problem }: Error): void => {
    // A program that polls gets this answer until its person has confirmed.
    if (problem === 'authorization_pending') return;
    const text = 'the development OpenID provider refused a request';
    write({ level: 'info', fields: { problem }, text });
  };
  provider.on('authorization.error', refused);
  provider.on('grant.error', refused);
  provider.on('server_error', (_ctx, error) => {
    const text = 'the development OpenID provider failed';
    write({ level: 'error', error: serializeError(error), text });
  });
}

/** Moves oidc-provider's notices from the console to the log. @returns a function that undoes this */
function takeNotices(write: WriteLine): () => void {
  const { info, warn } = console;
  const taking =
    (print: typeof info): typeof info =>
    (...args) => {
      const notice = NOTICE.exec(String(args[0]));
      if (notice?.[1] === undefined) return print.apply(console, args);
      const text = 'the development OpenID provider says';
      write({ level: 'debug', fields: { notice: notice[1] }, text });
    };
  console.info = taking(info);
  console.warn = taking(warn);
  return () => {
    console.info = info;
    console.warn = warn;
  };
}
