// By these calls a process takes, keeps and gives back the tunnels.
import type { NodePort } from '../ports/nodes.js';
import type { StoreContext } from './context.js';

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
