import type { ActorRef } from '../../actors/behaviour.js';
import { ActorGoneError, describeExit, rebuildError } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import { ThreadHosts } from '../../actors/hosting/thread-host.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import { DEV_CLIENT_ID, type DevProviderConfig, type OidcConfig } from '../../config/types.js';
import { type Address, ListenError, urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { DEV_PROVIDER_KIND, type DevProviderAsks, type DevProviderInit, type LogLine } from './kind.js';

/** Heap of its thread in MiB. It keeps the last thousand or two of what it gave out. */
const HEAP_MB = 256;

/** How long it may take to begin, in ms: it is code to load, and a port. */
const BEGIN_MS = 10_000;

/** How long it may take to end, in ms, before it is killed; its supervisor waits for that. */
const END_MS = 5_000;

/** It is restarted however often it fails, ever more slowly (up to 10 s apart): calls to devices do without. */
const PATIENT = { restarts: Number.POSITIVE_INFINITY, withinMs: 30_000 };

/** The development OpenID provider, in a thread of its own under a supervisor; it does not serve yet. */
export interface DevProvider {
  /** How our side signs users in there. */
  readonly client: OidcConfig;
  /** Begins to serve. @param publicUrl where it sends browsers back to */
  serve(publicUrl: URL): Promise<void>;
  /** Ends at once, its connections too. */
  stop(): Promise<void>;
}

/** One start of it. */
interface Started {
  readonly host: Host;
  readonly actor: ActorRef<never, DevProviderAsks>;
  readonly port: number;
}

/**
 * Starts the development provider. One that fails is started again, at the same port and with the same keys; what it had in
 * memory, such as its own sessions, is lost.
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

/** Starts the thread and, in it, the provider; with the end of either the other ends. */
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
    // Until then there is no thread for the next.
    await host.exited;
    throw beginError(error, init.address);
  }
}

/** Why it did not begin, as the error that it was in its thread. */
function beginError(error: unknown, address: Address): unknown {
  if (!(error instanceof ActorGoneError) || error.reason.kind !== 'crashed') return error;
  const { reason } = error;
  return reason.error.code === 'ERR_LISTEN' ? new ListenError(address) : rebuildError(reason.error);
}

/** An `err` gets its stack from its thread; what must not be in the log is taken out there, as of all lines. */
function write(log: Logger, { level, fields, error, text }: LogLine): void {
  log[level]({ ...fields, ...(error && { err: rebuildError(error) }) }, text);
}
