// FakeSessions are the live sessions of users, in memory.
import type { SessionRange, Summary, UserSessions } from '../../src/contract/session.js';
import type { TunnelKey } from '../../src/contract/tunnel-key.js';
import type { Epoch, UserId } from '../../src/store/ports/ids.js';

/** Live sessions, in memory. */
export class FakeSessions implements UserSessions {
  readonly live: Summary[] = [];
  readonly closed: Summary[] = [];
  fault: Error | undefined;

  connect(userId: UserId, deviceId: string): Summary {
    const session = {
      token: `key of ${deviceId}` as TunnelKey,
      userId,
      deviceId,
      epoch: 3 as Epoch,
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

  async close(session: Summary): Promise<void> {
    this.live.splice(this.live.indexOf(session), 1);
    this.closed.push(session);
  }
}
