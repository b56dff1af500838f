// This file runs the development OpenID provider in a thread of its own, under a supervisor (docs/adr/0022).
import type { ActorRef } from '../../actors/behaviour.js';
import { ActorGoneError, describeExit, rebuildError } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import { ThreadHosts } from '../../actors/hosting/thread-host.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import { DEV_CLIENT_ID, type DevProviderConfig, type OidcConfig } from '../../config/types.js';
import { type Address, ListenError, urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { DEV_PROVIDER_KIND, type DevProviderAsks, type DevProviderInit, type LogLine } from './kind.js';

/** The heap of the provider's thread, in MiB. The provider keeps the last thousand or two of its tokens. */
const HEAP_MB = 256;

/** How long the provider may take to start, in ms: it loads code and binds a port. */
const BEGIN_MS = 10_000;

/** How long the provider may take to end, in ms, before its thread is killed. */
const END_MS = 5_000;

/**
 * The restart policy: the provider is restarted however often it fails, up to 10 s apart, since calls to devices do not need it.
 */
const PATIENT = { restarts: Number.POSITIVE_INFINITY, withinMs: 30_000 };

/** The development OpenID provider in its thread. It has bound its port, and serves once `serve` is called. */
export interface DevProvider {
  /** The settings with which our side signs users in at the provider. */
  readonly client: OidcConfig;
  /** Begins to serve. @param publicUrl where the provider sends browsers back to */
  serve(publicUrl: URL): Promise<void>;
  /** Ends the provider and its connections at once. */
  stop(): Promise<void>;
}

/** One start of the provider. */
interface Started {
  readonly host: Host;
  readonly actor: ActorRef<never, DevProviderAsks>;
  readonly port: number;
}

/**
 * Starts the development provider. A provider that fails is started again, at the same port and with the same keys; its memory,
 * such as its own sessions, is lost.
 * @throws ListenError, HostStartError at the first start
 */
export async function startDevProvider(config: DevProviderConfig, log: Logger): Promise<DevProvider> {
  const { address, secret, policy, audience } = config;
  const threads = new ThreadHosts(1, { maxOldGenerationSizeMb: HEAP_MB });
  let init: DevProviderInit = { address, secret: secret.reveal(), audience };
  let current: Started;
  try {
    current = await startThread(threads, init, log);
  } catch (error) {
    await threads.close();
    throw error;
  }
  const { port } = current;
  init = { ...init, address: { ...address, port } };
  let first: Started | undefined = current;
  const start = async (): Promise<Host> => {
    current = first ?? (await startThread(threads, init, log));
    first = undefined;
    return current.host;
  };
  const supervisor = new Supervisor<Host>({
    strategy: 'one-for-one',
    intensity: PATIENT,
    children: [{ id: 'development provider', restart: 'permanent', shutdown: END_MS, start }],
    onChildExited: (_id, reason) => {
      if (reason.kind === 'normal') return;
      log.error({ reason: describeExit(reason) }, 'the development OpenID provider ended');
    },
  });
  await supervisor.start();
  return {
    client: {
      issuer: new URL(urlOf('http', address, port)),
      clientId: DEV_CLIENT_ID,
      clientSecret: undefined,
      audience,
      ...policy,
    },
    serve: async ({ href }) => {
      init = { ...init, publicUrl: href };
      await current.actor.ask('serve', href, BEGIN_MS);
    },
    stop: async () => {
      await supervisor.stop(2 * END_MS);
      await threads.close();
    },
  };
}

/** Starts the thread and the provider in it; if either ends, so does the other. */
async function startThread(threads: ThreadHosts, init: DevProviderInit, log: Logger): Promise<Started> {
  const module = new URL('./actor.js', import.meta.url);
  const host = await threads.start({ name: 'development provider', module });
  const actor = host.spawn(DEV_PROVIDER_KIND, init, {
    message: (line) => write(log, line),
    exited: (reason) => {
      if (reason.kind !== 'normal') host.kill(`its provider ended: ${describeExit(reason)}`);
    },
  });
  try {
    return { host, actor, port: await actor.ask('port', undefined, BEGIN_MS) };
  } catch (error) {
    host.kill('its provider did not begin');
    // The next start needs this thread's place among the hosts.
    await host.exited;
    throw beginError(error, init.address);
  }
}

/** The error with which the provider failed to start, as it was thrown in its thread. */
function beginError(error: unknown, address: Address): unknown {
  if (!(error instanceof ActorGoneError) || error.reason.kind !== 'crashed') return error;
  const { reason } = error;
  return reason.error.code === 'ERR_LISTEN' ? new ListenError(address) : rebuildError(reason.error);
}

/** Writes a log line of the thread; an error keeps its stack from the thread. */
function write(log: Logger, { level, fields, error, text }: LogLine): void {
  log[level]({ ...fields, ...(error && { err: rebuildError(error) }) }, text);
}
