// FakeSessions are the live sessions of users, in memory.
import type { SessionRange, Summary, UserSessions } from '../../src/contract/session.js';
import type { TunnelKey } from '../../src/contract/tunnel-key.js';
import type { Epoch, UserId } from '../../src/store/ports/ids.js';

/** Live sessions, in memory. */
export class FakeSessions implements UserSessions {
  readonly live: Summary[] = [];
  readonly closed: Summary[] = [];
  fault: Error | undefined;

  connect(userId: UserId, deviceId: string, epoch = 3): Summary {
    const session = {
      token: `key of ${deviceId}` as TunnelKey,
      userId,
      deviceId,
      epoch: epoch as Epoch,
      connectedAt: new Date(1000),
      lastHeartbeat: new Date(2000),
      remoteAddr: '192.0.2.1',
      proxyNodeId: 'node-1',
      proxyInternalUrl: 'http://secret.internal',
    };
    this.live.push(session);
    this.live.sort((a, b) => ((a.deviceId ?? '') < (b.deviceId ?? '') ? -1 : 1));
    return session;
  }

  async list(userId: string, { from = '', upTo = '\uffff', limit }: SessionRange): Promise<Summary[]> {
    if (this.fault !== undefined) throw this.fault;
    return this.live
      .filter(({ userId: owner, deviceId = '' }) => owner === userId && deviceId >= from && deviceId <= upTo)
      .slice(0, limit);
  }

  async close({ token, epoch }: Summary): Promise<void> {
    const at = this.live.findIndex((session) => session.token === token && session.epoch === epoch);
    if (at >= 0) this.closed.push(...this.live.splice(at, 1));
  }
}
