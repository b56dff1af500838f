// This file starts the REST API: its listener, its parts, its routes.
import type { BlockList } from 'node:net';
import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { Auth } from '../../auth/auth.js';
import type { Forwarder } from '../../contract/call.js';
import type { UserSessions } from '../../contract/session.js';
import type { BridgeForwarder } from '../../contract/websocket.js';
import { DeviceLookup } from '../../devices/own-device.js';
import { Pairing } from '../../devices/pairing.js';
import { type Address, urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import type { Metrics } from '../../observability/metrics.js';
import { BridgedSockets } from '../../server/bridged-sockets.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import { listen } from '../../server/listener.js';
import type { Readiness } from '../../server/readiness.js';
import type { RequestLog } from '../../server/request-log.js';
import { TrustedProxies } from '../../server/trusted-proxies.js';
import uWS from '../../server/uws.js';
import type { AttemptPort } from '../../store/ports/attempts.js';
import type { Changes } from '../../store/ports/changes.js';
import type { PairingPort } from '../../store/ports/pairing.js';
import { ActiveRequests } from '../active-requests.js';
import { Router } from '../router.js';
import { WriteAllowance } from '../write-allowance.js';
import { type RestNeeds, restRoutes } from './routes.js';

/** The part of the store that the REST API uses. */
export type RestStore = RestNeeds['store'] &
  AttemptPort &
  PairingPort & {
    onChanges(listener: (changes: Changes) => void): () => void;
  };

export interface RestOptions {
  readonly address: Address;
  /** The address that browsers use. Undefined: that of this listener. */
  readonly publicUrl: URL | undefined;
  /** Proxies whose X-Forwarded-For is believed. Default: none. */
  readonly trustedProxies?: BlockList | undefined;
  /** Makes sign-in. @param publicUrl the address that browsers use, which may be known only once the port is bound */
  readonly auth: (publicUrl: URL) => Auth;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly store: RestStore;
  readonly sessions: UserSessions;
  /** The address that devices dial. */
  readonly tunnelUrl: URL;
  /** The readiness of the process, which a drain ends. */
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly calls: CallRecorder;
  readonly requests: RequestLog;
  readonly refusals: Pick<RefusalAudit, 'record' | 'pairing'>;
  /** Changes that one user may make in a minute. */
  readonly userWrites: number;
  readonly log: Logger;
}

/** A running REST API. */
export interface Rest {
  /** The port in use. */
  readonly port: number;
  /** The address that browsers use. */
  readonly publicUrl: URL;
  /**
   * Drains: the process is unready first, WebSockets are closed with 1001, calls under way finish within `graceMs`; then the
   * listener is closed.
   * @returns how many calls and WebSockets were cut
   */
  drain(graceMs: number): Promise<number>;
  /** Closes the listener and all its connections at once. */
  close(): void;
}

/** Starts the REST API on the main thread (04-rest-api). @throws ListenError */
export async function startRest(options: RestOptions): Promise<Rest> {
  const { address, forwarder, store, sessions, tunnelUrl, readiness, metrics, calls, refusals, log } =
    options;
  const sockets = new BridgedSockets();
  const app = uWS.App();
  const listener = await listen(app, address);
  // The routes are added once the port is known, before the event loop turns: no request can have come.
  const publicUrl = options.publicUrl ?? new URL(urlOf('http', address, listener.port));
  const { authenticator, accounts, onSignInEnded } = options.auth(publicUrl);
  const devices = new DeviceLookup(store);
  store.onChanges((changes) => devices.changed(changes));
  const open = new ActiveRequests();
  onSignInEnded((signIns) => open.ended(signIns));
  const shared = {
    log: options.requests,
    proxies: new TrustedProxies(options.trustedProxies),
    writes: new WriteAllowance(options.userWrites, metrics),
  };
  const routes = restRoutes({
    ...shared,
    store,
    sessions,
    devices,
    forwarder,
    calls,
    open,
    scheme: publicUrl.protocol === 'https:' ? 'https' : 'http',
    readiness,
    metrics,
    refusals,
    accounts,
    pairing: new Pairing({ store, attempts: store, refusals, log }),
    tunnelUrl,
  });
  const { origin: ownOrigin } = publicUrl;
  new Router({ routes, authenticator, ownOrigin, sockets, readiness, shared }).register(app);
  return {
    port: listener.port,
    publicUrl,
    close: () => listener.close(),
    drain: async (graceMs) => {
      readiness.drain();
      sockets.drain();
      const cut = await calls.idle(graceMs);
      listener.close();
      return cut;
    },
  };
}
