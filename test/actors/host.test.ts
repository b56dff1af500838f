import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitReason } from '../../src/actors/exit.js';
import { echo } from './echo-kind.js';
import { processHosts, threadHosts } from './hosts.js';

function inbox() {
  const got: string[] = [];
  let wake = () => {};
  let end: (reason: ExitReason) => void;
  const exited = new Promise<ExitReason>((r) => {
    end = r;
  });
  return {
    got,
    exited,
    owner: {
      message: (m: string) => {
        got.push(m);
        wake();
      },
      exited: (r: ExitReason) => end(r),
    },
    until: (n: number) =>
      new Promise<void>((resolve) => {
        wake = () => {
          if (got.length >= n) resolve();
        };
        wake();
      }),
  };
}

for (const hosts of [threadHosts(), processHosts()]) {
  test(`${hosts.name} tell, emit, ask, stop`, async () => {
    const host = await hosts.start();
    const box = inbox();
    const ref = host.spawn(echo, {}, box.owner);
    for (let i = 0; i < 1000; i++) assert.ok(ref.tell(`m${i}`));
    assert.equal(await ref.ask('double', 21, 1000), 42);
    assert.equal(box.got.length, 1000);
    await assert.rejects(ref.ask('fail', 'no', 1000), { code: 'TEST_REFUSED', message: 'no' });
    assert.deepEqual(await ref.stop(1000), { kind: 'normal' });
    assert.equal(box.got.at(-1), 'terminated');
    assert.deepEqual(await host.stop(1000), { kind: 'normal' });
  });
  for (const fault of ['!uncaught', '!unhandled', '!exit', '!spin', '!heap']) {
    test(`${hosts.name} host fault ${fault}`, async () => {
      const host = await hosts.start({
        liveness: { periodMs: 50, timeoutMs: fault === '!spin' ? 200 : 20000 },
      });
      const box = inbox();
      const ref = host.spawn(echo, {}, box.owner);
      ref.tell('x');
      ref.tell(fault);
      const ask = ref.ask('never', null, 10000);
      await assert.rejects(ask, { code: 'ACTOR_GONE' });
      assert.equal((await box.exited).kind, 'host-down');
    });
  }
}
