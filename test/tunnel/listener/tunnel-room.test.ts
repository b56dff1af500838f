import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { OWNER, ProxyFixture } from '../../support/proxy-fixture.js';

/** Devices `a`, `b` and `c` at a proxy with room for one tunnel; `asked`: how many the store was asked about. */
async function start(t: TestContext) {
  const fixture = await ProxyFixture.start({ maxTunnels: 1 });
  t.after(() => fixture.close());
  const { store } = fixture;
  for (const name of ['a', 'b', 'c']) store.addCredential(OWNER, name, name);
  let asked = 0;
  let hold: Promise<void> = Promise.resolve();
  let onAsked = () => {};
  store.before.set('connect', (tokens) => {
    asked += (tokens as readonly unknown[]).length;
    onAsked();
    return hold;
  });
  const dial = (name: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${fixture.proxy.tunnelPort}/tunnel/connect`, {
      headers: { authorization: `Bearer ${name}` },
    });
    const open = once(socket, 'open').then(() => 101);
    const status = once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number);
    socket.on('error', () => {});
    open.catch(() => {});
    status.catch(() => {});
    return { socket, outcome: Promise.race([open, status]) };
  };
  return {
    dial,
    asked: () => asked,
    /** The store answers no question until the returned function is called. */
    holdUp: () => {
      let resume = () => {};
      hold = new Promise((resolve) => {
        resume = resolve;
      });
      const nextAsked = new Promise<void>((resolve) => {
        onAsked = resolve;
      });
      return { resume, nextAsked };
    },
  };
}

test('B3: the store is not asked about a device for which there is no room', async (t) => {
  const { dial, asked, holdUp } = await start(t);
  const { resume, nextAsked } = holdUp();
  const first = dial('a');
  await nextAsked;
  // No device has a tunnel yet, but the room for the last one is held.
  const others = [dial('b'), dial('c')];
  assert.deepEqual(await Promise.all(others.map(({ outcome }) => outcome)), [503, 503]);
  resume();
  assert.equal(await first.outcome, 101);
  assert.equal(asked(), 1);
  first.socket.terminate();
});

test('B3: a device that is gone before its answer, or is refused, leaves its place to others', async (t) => {
  const { dial, holdUp } = await start(t);
  const { resume, nextAsked } = holdUp();
  const gone = dial('a');
  gone.outcome.catch(() => {});
  await nextAsked;
  const closed = new Promise((resolve) => gone.socket.once('close', resolve));
  gone.socket.terminate();
  await closed;
  resume();
  // The proxy learns of the end a moment later.
  while ((await dial('unknown').outcome) === 503);
  assert.equal(await dial('unknown').outcome, 401);
  const next = dial('b');
  assert.equal(await next.outcome, 101);
  next.socket.terminate();
});
