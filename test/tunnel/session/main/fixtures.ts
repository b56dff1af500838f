// The session fixture has a registry with tunnel sessions on fake hosts and sockets.
import { pino } from 'pino';
import { spawn } from '../../../../src/actors/local/spawn.js';
import type { CloseReason } from '../../../../src/contract/session.js';
import { tunnelKey } from '../../../../src/contract/tunnel-key.js';
import { Metrics } from '../../../../src/observability/metrics.js';
import type { CredentialId, DeviceId, Epoch, UserId } from '../../../../src/store/ports/ids.js';
import { RegistryStore } from '../../../../src/tunnel/registry/registry-store.js';
import {
  type RegistryAsks,
  type RegistryMessage,
  SessionRegistry,
} from '../../../../src/tunnel/registry/session-registry.js';
import { TunnelSession, type TunnelSocket } from '../../../../src/tunnel/session/main/tunnel-session.js';
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
  readonly registry = spawn<RegistryMessage, RegistryAsks>(
    () => new SessionRegistry(INIT.idleTimeoutMs, () => this.now),
  );
  readonly store = new RegistryStore(this.registry);

  /** A tunnel of `device`, not registered yet. */
  tunnel(device: string, epoch = 1, token = `token of ${device}`, user = 'user') {
    const socket = new FakeSocket();
    const identity = {
      token: tunnelKey(token),
      userId: user as UserId,
      deviceId: device as DeviceId,
      credentialId: `credential of ${token}` as CredentialId,
      epoch: epoch as Epoch,
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
    await this.registry.stop(1000);
  }
}
