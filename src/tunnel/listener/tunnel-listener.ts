// The tunnel listener accepts the WebSockets of devices, and gives each a tunnel session.
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { CLOSE_CODE, type SessionStore } from '../../contract/session.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import type { Address } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import type { Metrics } from '../../observability/metrics.js';
import { readHandshake } from '../../server/handshake.js';
import { type Listener, listen } from '../../server/listener.js';
import type { TrustedProxies } from '../../server/trusted-proxies.js';
import uWS from '../../server/uws.js';
import type { Admission } from '../../store/ports/admission.js';
import type { SessionHosts } from '../session/main/session-hosts.js';
import { TunnelSession } from '../session/main/tunnel-session.js';
import type { SessionInit } from '../session/wire/kind.js';
import { SOCKET_CREDIT } from '../session/wire/limits.js';
import { defaultConfig } from '../yamux/config.js';
import { HEADER_LENGTH } from '../yamux/constants.js';
import type { AdmissionControl } from './admission.js';
import { type Connected, DeviceConnection } from './device-connection.js';
import { DeviceSocket } from './device-socket.js';
import type { Dial, DialDecision } from './dial-queue.js';
import { DialQueue } from './dial-queue.js';
import type { OfflineRecorder } from './offline-recorder.js';
import { PacedQueue } from './paced-queue.js';
import { ReadModeration } from './read-moderation.js';
import type { RefusedDials } from './refused-dials.js';
import { TunnelRoom } from './tunnel-room.js';

/** The close code for a kind of data that cannot be accepted (RFC 6455 §7.4.1). */
const UNSUPPORTED_DATA = 1003;
/** The wait is longer than for `unavailable`: there is room only when other devices leave. */
const FULL: DialDecision = { kind: 'full', retryAfterSeconds: 10 };
const UNAVAILABLE: DialDecision = { kind: 'unavailable', retryAfterSeconds: 5 };

/** The user data of a device's WebSocket, which its dial gathered. */
interface Device extends Connected {
  readonly admission: Admission;
  readonly token: TunnelKey;
  readonly remoteAddr: string;
  socket?: DeviceSocket;
}

/** The options of a {@link TunnelListener}. */
export interface TunnelListenerOptions {
  readonly address: Address;
  readonly proxies: TrustedProxies;
  readonly nodeId: string;
  readonly session: SessionInit;
  readonly admission: AdmissionControl;
  readonly hosts: SessionHosts;
  readonly store: SessionStore<TunnelSession>;
  readonly offline: Pick<OfflineRecorder, 'record'>;
  readonly refused: RefusedDials;
  readonly maxTunnels: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Serves `GET /tunnel/connect` (02-tunnel.md §2.1). */
export class TunnelListener {
  readonly #options: TunnelListenerOptions;
  readonly #app: TemplatedApp;
  readonly #dials = new DialQueue({ decide: (dials) => this.#decide(dials) });
  /**
   * Paces work that all tunnels may need at once, at most twice each: closing their sockets, and unregistering them. Their calls
   * were failed before it runs.
   */
  readonly #paced = new PacedQueue<() => void>((work) => work());
  readonly #room: TunnelRoom;
  readonly #moderation = new ReadModeration();
  #listener: Listener | undefined;
  #draining = false;
  /** How many tunnels are open or not yet unregistered. */
  #open = 0;
  #onEmpty = (): void => {};

  constructor(options: TunnelListenerOptions) {
    this.#options = options;
    const { maxTunnels, log } = options;
    this.#room = new TunnelRoom({ maxTunnels, turnedAway: () => this.#count('full'), log });
    this.#app = this.#room
      .watch(uWS.App())
      .ws<Device>('/tunnel/connect', {
        // A stock Go peer sends up to a whole window in one message (rule 4 of PROTOCOL.md).
        maxPayloadLength: defaultConfig.maxWindow + HEADER_LENGTH,
        // The yamux session owns the heartbeat: a second one would only disagree with it (rule 43).
        idleTimeout: 0,
        sendPingsAutomatically: false,
        compression: uWS.DISABLED,
        maxBackpressure: 2 * SOCKET_CREDIT,
        upgrade: (res, req, context) => this.#upgrade(res, req, context),
        open: (ws) => this.#opened(ws),
        message: (ws, message, binary) => {
          if (binary) this.#received(ws, message);
          else
            ws.getUserData().connection.end(UNSUPPORTED_DATA, 'text messages are not part of the protocol');
        },
        drain: (ws) => ws.getUserData().socket?.drained(),
        close: (ws) => this.#closed(ws),
      })
      .any('/tunnel/connect', (res) => {
        this.#count('not-upgrade');
        res.writeStatus('426 Upgrade Required').writeHeader('Upgrade', 'websocket').end();
      })
      .any('/*', (res) => {
        res.writeStatus('404 Not Found').end();
      });
  }

  /** @throws ListenError */
  async start(): Promise<void> {
    this.#listener = await listen(this.#app, this.#options.address);
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** From now on dials are answered 503; open tunnels go on. */
  drain(): void {
    this.#draining = true;
  }

  /** Resolves when no tunnel is left, or after `timeoutMs`. */
  empty(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#open === 0) this.#onEmpty();
    });
  }

  /** Closes the listener. Tunnels whose close still waits get their close code first, before their connections break. */
  close(): void {
    this.#paced.finish();
    this.#listener?.close();
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const connection = new DeviceConnection(res, readHandshake(req, context), () => this.#room.release(dial));
    const dial: Dial = {
      token: credential(req),
      address: this.#options.proxies.clientAddress(res, req),
      get gone() {
        return connection.over;
      },
      answer: (found) => this.#answer(connection, dial, found),
    };
    void this.#queue(dial);
  }

  /** Queues a dial. One from a blocked address takes no room in the queue. */
  async #queue(dial: Dial): Promise<void> {
    const blocked = await this.#options.admission.blockedFor(dial.address);
    if (dial.gone) return;
    if (blocked > 0) {
      this.#options.metrics.limited['dial-address'] += 1;
      dial.answer({ kind: 'rate-limited', retryAfterSeconds: blocked });
    } else if (this.#room.isFull) dial.answer(FULL);
    else if (!this.#dials.add(dial)) dial.answer(UNAVAILABLE);
  }

  /** Counts a refused connection of which only the answer is known. */
  #count(why: 'not-upgrade' | 'full'): void {
    this.#options.metrics.dials[why] += 1;
    this.#options.refused.count(why);
  }

  async #decide(dials: readonly Dial[]): Promise<readonly DialDecision[]> {
    if (this.#draining || this.#options.hosts.live === 0) return dials.map(() => UNAVAILABLE);
    // Room is held before the store is asked, because the store counts a device that it admits as connected, and voids the
    // device's earlier credential.
    const held = dials.filter((dial) => this.#room.hold(dial));
    const found = held.length === 0 ? [] : await this.#admit(held);
    const decisions = new Map(held.map((dial, at) => [dial, found[at]]));
    return dials.map((dial) => decisions.get(dial) ?? FULL);
  }

  async #admit(dials: readonly Dial[]): Promise<readonly DialDecision[]> {
    try {
      return await this.#options.admission.decide(dials);
    } catch (error) {
      this.#options.refused.undecided(error);
      return dials.map(() => UNAVAILABLE);
    }
  }

  #answer(connection: DeviceConnection, dial: Dial, found: DialDecision): void {
    // If the dial is accepted, its tunnel takes the room before another one can.
    this.#room.release(dial);
    // A drain that began meanwhile has sent GoAway to every open tunnel: this one would miss it.
    const decision = this.#draining ? UNAVAILABLE : found;
    this.#options.metrics.dials[decision.kind] += 1;
    if (decision.kind !== 'accepted') {
      this.#options.refused.refused(dial, decision.kind);
      return connection.refuse((res) => this.#refuse(res, decision));
    }
    const { admission, tokenHash } = decision;
    connection.accept<Device>({
      connection,
      admission,
      token: tokenHash as string as TunnelKey,
      remoteAddr: dial.address,
    });
  }

  #refuse(res: HttpResponse, decision: Exclude<DialDecision, { kind: 'accepted' }>): void {
    if (decision.kind === 'unauthorized') {
      res.writeStatus('401 Unauthorized').writeHeader('WWW-Authenticate', 'Bearer').end();
      return;
    }
    const tooMany = decision.kind === 'rate-limited';
    res.writeStatus(tooMany ? '429 Too Many Requests' : '503 Service Unavailable');
    res.writeHeader('Retry-After', String(decision.retryAfterSeconds)).end();
  }

  #opened(ws: WebSocket<Device>): void {
    this.#open += 1;
    this.#room.opened();
    const data = ws.getUserData();
    const { connection } = data;
    connection.opened(ws);
    const { hosts, store, session, metrics, nodeId, log } = this.#options;
    const host = hosts.pick();
    if (host === undefined) {
      // The WebSocket may be ended only after the upgrade: see `lateUpgrade`.
      queueMicrotask(() => connection.end(CLOSE_CODE['host-restarted'], 'no session host is running'));
      return;
    }
    const { deviceId, userId, credentialId, epoch } = data.admission;
    const identity = {
      token: data.token,
      userId,
      deviceId,
      credentialId,
      epoch,
      remoteAddr: data.remoteAddr,
      proxyNodeId: nodeId,
    };
    data.socket = new DeviceSocket(
      connection,
      this.#paced,
      (socket) => new TunnelSession(identity, socket, host, session, metrics, log),
    );
    metrics.sessions += 1;
    log.info({ deviceId, epoch, remoteAddr: data.remoteAddr }, 'device connected');
    store.register(data.token, data.socket.session).catch((error: unknown) => {
      log.error({ err: error, deviceId }, 'a session could not be registered');
      void data.socket?.session.close('internal');
    });
  }

  #received(ws: WebSocket<Device>, message: ArrayBuffer): void {
    const { socket } = ws.getUserData();
    if (socket === undefined) return;
    socket.session.received(new Uint8Array(message));
    this.#moderation.received(message.byteLength);
  }

  #closed(ws: WebSocket<Device>): void {
    this.#room.closed();
    const data = ws.getUserData();
    data.connection.closed();
    data.socket?.session.disconnected();
    this.#paced.add(() => this.#end(data));
  }

  #end({ socket, token, admission }: Device): void {
    this.#open -= 1;
    if (this.#open === 0) this.#onEmpty();
    if (socket === undefined) return;
    socket.session.release();
    const { store, metrics, log } = this.#options;
    const reason = socket.closeReason ?? 'disconnected';
    metrics.sessions -= 1;
    metrics.tunnelEnds[reason] += 1;
    log.info({ deviceId: admission.deviceId, epoch: admission.epoch, reason }, 'device disconnected');
    if (reason !== 'replaced') this.#options.offline.record(admission);
    store.unregister(token, socket.session).catch((error: unknown) => {
      log.error({ err: error, deviceId: admission.deviceId }, 'a session could not be unregistered');
    });
  }
}

/** The token of a dial: `Authorization: Bearer TOKEN`, else `?token=TOKEN`, else empty. */
function credential(req: HttpRequest): string {
  const header = req.getHeader('authorization');
  if (header.slice(0, 7).toLowerCase() === 'bearer ') return header.slice(7).trim();
  return req.getQuery('token') ?? '';
}
