import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { Connections, type Ended } from '../../bench/load/connections.js';
import { startTarget } from './target.js';

test('calls that wait for the connection are sent in order and count from when they were due', async (t) => {
  const { held, received, connections, ends } = await stand(t, 4);
  // Long ago, so that no time of sending is taken for it.
  for (const at of [-400, -300, -200]) connections.call(get(at), at);
  await held;
  connections.call(get(-100), -100);
  (await held).end('hello');
  assert.deepEqual(await ends, [
    { at: -400, status: 200 },
    { at: -300, status: 200 },
    { at: -200, status: 200 },
    { at: -100, status: 200 },
  ]);
  assert.deepEqual(received, ['/-400', '/-300', '/-200', '/-100']);
});

test('a connection that the server closes while calls wait is replaced, and no later call overtakes them', async (t) => {
  const { held, received, connections, ends } = await stand(t, 4, (ended) => {
    // At this moment there is one connection less: it must not be this call that has the next one.
    if (ended.status === 0) connections.call(get(4), 4);
  });
  for (const at of [1, 2, 3]) connections.call(get(at), at);
  (await held).destroy();
  assert.deepEqual(await ends, [
    { at: 1, status: 0 },
    { at: 2, status: 200 },
    { at: 3, status: 200 },
    { at: 4, status: 200 },
  ]);
  assert.deepEqual(received, ['/1', '/2', '/3', '/4']);
  assert.equal(connections.outstanding, 0);
});

test('a server that has gone ends all calls that wait', async (t) => {
  const { server, held, connections, ends } = await stand(t, 3);
  for (const at of [1, 2, 3]) connections.call(get(at), at);
  await held;
  server.close();
  server.closeAllConnections();
  assert.deepEqual(
    (await ends).map(({ at, status }) => [at, status]),
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ],
  );
});

test('connections that are closed by their owner are not replaced', async (t) => {
  const { origin, held, received, connections, ends } = await stand(t, 1);
  for (const at of [1, 2]) connections.call(get(at), at);
  await held;
  connections.close();
  assert.deepEqual(await ends, [{ at: 1, status: 0 }]);
  // Connections are accepted in the order in which they were begun: another one would be before this.
  await (await fetch(`${origin}/last`)).text();
  assert.deepEqual(received, ['/1', '/last']);
});

const get = (name: number) => `GET /${name} HTTP/1.1\r\nHost: target\r\n\r\n`;

/**
 * One connection at most, to a server that holds its first answer and gives all others at once.
 * @param count of the calls whose ends are waited for @param onEnd told of each
 */
async function stand(t: TestContext, count: number, onEnd: (ended: Ended) => void = () => {}) {
  const received: (string | undefined)[] = [];
  let hold: (first: ServerResponse) => void;
  const held = new Promise<ServerResponse>((resolve) => {
    hold = resolve;
  });
  const target = await startTarget(t, (req, res) => {
    if (received.push(req.url) === 1) hold(res);
    else res.end('hello');
  });
  let finish: (ends: readonly Ended[]) => void;
  const ends = new Promise<readonly Ended[]>((resolve) => {
    finish = resolve;
  });
  const ended: Ended[] = [];
  const connections = new Connections(
    new URL(target.origin),
    (each) => {
      onEnd(each);
      if (ended.push(each) === count) finish(ended);
    },
    1,
  );
  t.after(() => connections.close());
  return { ...target, held, received, connections, ends };
}
