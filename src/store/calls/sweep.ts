// The sweep ends and deletes expired rows; it runs because time has passed, and not because a caller asks.
import type { TimedStore } from '../ports/store.js';
import type { StoreContext } from './context.js';

/** How long a revoked device with its history, and a revoked credential, are kept, in ms: people may want to look at them. */
export const REVOKED_KEPT_MS = 30 * 86_400_000;

/** The call that sweeps. */
export function sweepCalls(context: StoreContext): Pick<TimedStore, 'sweep'> {
  const { engine, clock, signIns, devices, credentials, events, changes, audit } = context;

  async function endOverdue(now: number): Promise<void> {
    if (!(await engine.read(() => signIns.anyOver(now)))) return;
    await engine.write(function* () {
      for (const { owner, id } of yield* signIns.prune(now)) {
        yield* changes.append(owner, 'sign-in-ended', id, now);
      }
    });
  }

  /** Revokes credentials whose week beside a newer one is over; their changes close the tunnels that they opened. */
  async function endSuperseded(now: number): Promise<void> {
    if (!(await engine.read(() => credentials.anySuperseded(now)))) return;
    await engine.write(function* () {
      const ended = yield* credentials.endSuperseded(now);
      for (const { owner, device } of ended) {
        const entry = {
          actor: 'system',
          action: 'credential.revoked',
          target: device,
          result: 'done',
        } as const;
        yield* audit.add(owner, entry, now);
      }
      for (const { owner, device, id } of ended) {
        yield* changes.append(owner, 'credential-revoked', device, now, id);
      }
    });
  }

  /** Deletes one device at a time, as each may have a thousand events. */
  async function dropDevice(until: number): Promise<void> {
    const old = await engine.read(() => devices.revokedUntil(until));
    if (old === undefined) return;
    await engine.write(function* () {
      yield* events.dropAll(old.owner, old.id);
      yield* credentials.dropAll(old.owner, old.id);
      yield* devices.drop(old.owner, old.id);
    });
  }

  async function dropCredentials(until: number): Promise<void> {
    if (!(await engine.read(() => credentials.anyRevoked(until)))) return;
    await engine.write(() => credentials.prune(until));
  }

  return {
    async sweep() {
      const now = clock();
      await endOverdue(now);
      await endSuperseded(now);
      await dropDevice(now - REVOKED_KEPT_MS);
      await dropCredentials(now - REVOKED_KEPT_MS);
    },
  };
}
