import { pino } from 'pino';
import { spawn } from '../../../src/actors/spawn.js';
import { Metrics } from '../../../src/observability/metrics.js';
import type { CredentialId, DeviceId, UserId } from '../../../src/store/ids.js';
import type { CloseReason } from '../../../src/tunnel/session/contract.js';
import { sessionKey } from '../../../src/tunnel/session/key.js';
import {
  SessionSupervisor,
  type SupervisorAsks,
  type SupervisorMessage,
} from '../../../src/tunnel/session/session-supervisor.js';
import { SupervisorStore } from '../../../src/tunnel/session/supervisor-store.js';
import { TunnelSession, type TunnelSocket } from '../../../src/tunnel/session/tunnel-session.js';
import { FakeHost } from './fake-host.js';

/** A socket that records what it is given. */
export class FakeSocket implements TunnelSocket {
  readonly sent: Uint8Array[] = [];
  closedWith: CloseReason | undefined;
  onClose: () => void = () => {};

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(reason: CloseReason): void {
    this.closedWith = reason;
    this.onClose();
  }
}

export const INIT = { heartbeatMs: 15_000, idleTimeoutMs: 90_000, headTimeoutMs: 30_000 };

/** Sessions on fake hosts and sockets, with a monotonic clock that the test moves. */
export class SessionFixture {
  now = 1_000_000;
  readonly host = new FakeHost();
  readonly metrics = new Metrics();
  readonly supervisor = spawn<SupervisorMessage, SupervisorAsks>(
    () => new SessionSupervisor(INIT.idleTimeoutMs, () => this.now),
  );
  readonly store = new SupervisorStore(this.supervisor);

  /** A tunnel of `device`, not registered yet. */
  tunnel(device: string, epoch = 1, token = `token of ${device}`, user = 'user') {
    const socket = new FakeSocket();
    const identity = {
      token: sessionKey(token),
      userId: user as UserId,
      deviceId: device as DeviceId,
      credentialId: `credential of ${token}` as CredentialId,
      epoch,
      remoteAddr: '127.0.0.1',
      proxyNodeId: 'node',
    };
    const log = pino({ level: 'silent' });
    const session = new TunnelSession(identity, socket, this.host, INIT, this.metrics, log, () => this.now);
    return { session, socket, actor: this.host.last, token: identity.token };
  }

  /** A registered tunnel of `device`. */
  async connect(device: string, epoch = 1, token?: string, user?: string) {
    const tunnel = this.tunnel(device, epoch, token, user);
    await this.store.register(tunnel.token, tunnel.session);
    return tunnel;
  }

  async close(): Promise<void> {
    await this.supervisor.stop(1000);
  }
}
