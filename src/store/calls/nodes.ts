// These calls take, renew and give back the lease by which one process owns all tunnels.
import type { NodePort } from '../ports/nodes.js';
import type { StoreContext } from './context.js';

/** The calls about the lease on the tunnels. */
export function nodeCalls({ engine, nodes }: StoreContext): NodePort {
  return {
    claimNode: (node, leaseMs, ended) =>
      engine.write(function* () {
        yield* nodes.lock();
        const now = yield* engine.time();
        yield* nodes.dropDead(now, ended);
        const other = yield* nodes.other(node.nodeId);
        if (other !== undefined) return { ...other, leftMs: other.expiresAt - now };
        yield* nodes.add(node, now, now + leaseMs);
        return undefined;
      }),

    renewNode: (node, leaseMs) =>
      engine.write(function* () {
        return yield* nodes.renew(node, (yield* engine.time()) + leaseMs);
      }),

    releaseNode: (node) => engine.write(() => nodes.drop(node)),
  };
}
