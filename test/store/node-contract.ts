// This suite says what every store must do about the process that owns the tunnels.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe } from 'node:test';
import type { NodeId } from '../../src/store/ports/ids.js';
import type { NewNode } from '../../src/store/ports/nodes.js';
import type { Check } from './device-admin-contract.js';

const MINUTE = 60_000;

function newNode(name = 'edge-1', over: Partial<NewNode> = {}): NewNode {
  return { nodeId: randomUUID() as string as NodeId, name, ...over };
}

/** What every store must do about the process that owns the tunnels. A lease of no length has run out at once. */
export function nodeContract(name: string, check: Check): void {
  describe(`${name}: nodes`, () => {
    check('B6: one node at a time, and others are told which', async (store) => {
      const [first, second] = [newNode('edge-1', { process: 'p1' }), newNode('edge-2')];
      assert.equal(await store.claimNode(first, MINUTE), undefined);
      const holder = await store.claimNode(second, MINUTE);
      assert.ok(holder !== undefined);
      const { startedAt, expiresAt, leftMs, ...who } = holder;
      assert.deepEqual(who, first);
      assert.ok(Math.abs(Date.now() - startedAt) < MINUTE);
      assert.equal(expiresAt, startedAt + MINUTE);
      assert.ok(leftMs > MINUTE / 2 && leftMs <= MINUTE, `${leftMs}`);
      // Who has it, has it.
      assert.equal(await store.claimNode(first, MINUTE), undefined);
    });

    check('B6: of many at once one is it', async (store) => {
      const nodes = Array.from({ length: 20 }, () => newNode());
      const answers = await Promise.all(nodes.map((node) => store.claimNode(node, MINUTE)));
      const [taken] = nodes.filter((_, i) => answers[i] === undefined);
      assert.equal(answers.filter((holder) => holder === undefined).length, 1);
      for (const holder of answers) assert.equal(holder?.nodeId ?? taken?.nodeId, taken?.nodeId);
    });

    check('B6: a renewal moves the end, for the node that there is alone', async (store) => {
      const [first, second] = [newNode(), newNode()];
      await store.claimNode(first, MINUTE);
      const before = await store.claimNode(second, MINUTE);
      assert.equal(await store.renewNode(first.nodeId, 2 * MINUTE), true);
      assert.equal(await store.renewNode(second.nodeId, MINUTE), false);
      const after = await store.claimNode(second, MINUTE);
      assert.ok(before && after && after.expiresAt >= before.expiresAt + MINUTE / 2);
      assert.equal(after.startedAt, before.startedAt);
    });

    check('B6: a lease that has run out is taken, or goes on if nobody has', async (store) => {
      const [first, second] = [newNode(), newNode()];
      await store.claimNode(first, 0);
      assert.equal(await store.renewNode(first.nodeId, MINUTE), true);
      assert.equal((await store.claimNode(second, MINUTE))?.nodeId, first.nodeId);
      assert.equal(await store.renewNode(first.nodeId, 0), true);
      assert.equal(await store.claimNode(second, MINUTE), undefined);
      assert.equal(await store.renewNode(first.nodeId, MINUTE), false);
      assert.equal((await store.claimNode(first, MINUTE))?.nodeId, second.nodeId);
    });

    check('B6: one that is released, or known to have ended, keeps nobody out', async (store) => {
      const [first, second, third] = [newNode(), newNode(), newNode()];
      await store.claimNode(first, MINUTE);
      await store.releaseNode(second.nodeId);
      assert.equal((await store.claimNode(second, MINUTE, third.nodeId))?.nodeId, first.nodeId);
      assert.equal(await store.claimNode(second, MINUTE, first.nodeId), undefined);
      assert.equal(await store.renewNode(first.nodeId, MINUTE), false);
      await store.releaseNode(second.nodeId);
      assert.equal(await store.claimNode(third, MINUTE), undefined);
    });
  });
}
