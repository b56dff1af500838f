// Discovery asks the provider for its discovery document, and keeps the last one in use.
import * as oc from 'openid-client';
import { isLoopback } from '../net/address.js';
import type { Logger } from '../observability/log.js';
import type { Secret } from '../text/secret.js';
import { LastKnown } from './last-known.js';
import { ProviderError, providerError, whyOf } from './provider-error.js';
import { type Endpoints, type ProviderMetadata, readMetadata } from './provider-metadata.js';

/** The provider's address, and the client as which the product speaks to the provider. */
export interface Client {
  readonly issuer: URL;
  readonly clientId: string;
  /** The client's secret. Undefined: the client is public, and PKCE alone protects it. */
  readonly clientSecret: Secret | undefined;
  /** By how much the provider's clock may differ from ours, in seconds. */
  readonly clockToleranceS: number;
  /** How long any answer of the provider may take, in ms. */
  readonly timeoutMs?: number;
}

/** The client, and how often its provider's document is asked for. */
export interface ClientOptions extends Client {
  /** How long a discovery document is used before it is asked for again, in seconds. */
  readonly discoveryRefreshS: number;
  readonly log: Logger;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** The discovery document, in the forms that openid-client and the product use. */
export interface Discovered {
  readonly configuration: oc.Configuration;
  readonly metadata: ProviderMetadata;
}

/** How long an answer of the provider may take, in ms, unless the client says otherwise. */
export const ANSWER_MS = 5_000;

/** How long after a fetch the provider's own answers may not cause another fetch of its document or keys, in ms. */
export const OF_PROVIDER_MS = 1000;

/** The provider's discovery document. It is asked for when it is first needed: the provider may be down when we start. */
export class Discovery extends LastKnown<Discovered> {
  constructor(options: ClientOptions) {
    const { protocol, hostname, href: issuer } = options.issuer;
    const { log, now, discoveryRefreshS } = options;
    if (protocol !== 'https:' && !isLoopback(hostname)) {
      throw new RangeError(`an issuer on plain http must be on loopback, and ${hostname} is not`);
    }
    let reported: ReadonlySet<string> = new Set();
    super({
      ask: async () => {
        const discovered = await discover(options);
        const flaws = new Set(discovered.metadata.flaws);
        for (const problem of flaws) {
          if (!reported.has(problem))
            log.warn({ issuer, problem }, 'an endpoint of the OpenID provider is not used');
        }
        reported = flaws;
        return discovered;
      },
      maxAgeMs: discoveryRefreshS * 1000,
      failed: (error, retryMs) => {
        log.warn({ issuer, ...whyOf(error), retryMs }, 'the OpenID provider was not discovered');
      },
      answersAgain: () => log.info({ issuer }, 'the OpenID provider answers again'),
      now,
    });
  }

  /**
   * Runs a call to an endpoint; runs it again if the endpoint is gone and the provider names another one now. Rejects as the call
   * does.
   */
  async at<T>(endpoint: keyof Endpoints, call: (discovered: Discovered) => Promise<T>): Promise<T> {
    const discovered = await this.get();
    try {
      return await call(discovered);
    } catch (error) {
      if (!(error instanceof ProviderError && error.isGone)) throw error;
      const renewed = await this.refreshed(OF_PROVIDER_MS).catch(() => discovered);
      const now = renewed.metadata.endpoints[endpoint];
      if (now === undefined || now === discovered.metadata.endpoints[endpoint]) throw error;
      return call(renewed);
    }
  }
}

/** Asks the provider for its discovery document. Rejects with a {@link ProviderError}. */
export async function discover(client: Client): Promise<Discovered> {
  const { issuer, clientId, clientSecret, clockToleranceS, timeoutMs = ANSWER_MS } = client;
  // With a bare secret, openid-client would send it by client_secret_post, which fewer providers accept.
  const method = clientSecret === undefined ? oc.None() : oc.ClientSecretBasic(clientSecret.reveal());
  let configuration: oc.Configuration;
  try {
    configuration = await oc.discovery(issuer, clientId, { [oc.clockTolerance]: clockToleranceS }, method, {
      execute: issuer.protocol === 'http:' ? [oc.allowInsecureRequests] : [],
      timeout: timeoutMs / 1000,
    });
  } catch (error) {
    throw discoveryError(error);
  }
  return { configuration, metadata: readMetadata(configuration.serverMetadata()) };
}

/** The error for a discovery document that is missing or another issuer's: the operator has to check OIDC_ISSUER. */
function discoveryError(thrown: unknown): unknown {
  const error = isUrlError(thrown)
    ? new ProviderError('ERR_PROVIDER_ANSWER', 'the issuer in it is no URL')
    : providerError(thrown);
  if (!(error instanceof ProviderError) || error.code === 'ERR_PROVIDER_UNREACHABLE') return error;
  return new ProviderError(
    error.code,
    `OIDC_ISSUER does not lead to its discovery document: ${error.message}`,
  );
}

/** Whether an error says that an issuer is no URL: openid-client compares issuers as URLs, and throws a plain TypeError. */
function isUrlError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_URL';
}
