import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Behaviour } from '../../src/actors/behaviour.js';
import type { HostedContext } from '../../src/actors/host.js';
import { ActorUnderTest } from './actor-under-test.js';

type Line = { readonly text: string } | 'flush' | 'close';

/** Sends lines in pairs or every 100 ms; keeps what a full link refuses. An actor to show the kit with. */
function pairing(context: HostedContext<Line, string>): Behaviour<Line> {
  const lines: string[] = [];
  const send = () => {
    if (lines.length === 0) return;
    if (context.writable && context.emit(lines.join('+'))) lines.length = 0;
    else context.onWritable(send);
  };
  context.schedule(100, 'flush');
  return {
    receive: (message) => {
      if (message === 'close') return context.exit();
      if (message === 'flush') {
        context.schedule(100, 'flush');
        return send();
      }
      lines.push(message.text);
      if (lines.length >= 2) context.beforePost({ endTurn: send });
    },
  };
}

test('records what an actor sends in a turn, and lets time pass', async () => {
  const actor = await ActorUnderTest.start(pairing);
  await actor.turn({ text: 'a' });
  assert.deepEqual(actor.take(), []);
  await actor.turn({ text: 'b' }, { text: 'c' });
  assert.deepEqual(actor.take(), ['a+b+c']);
  await actor.turn({ text: 'd' });
  await actor.advance(99);
  assert.deepEqual(actor.take(), []);
  await actor.advance(1);
  assert.deepEqual(actor.take(), ['d']);
  await actor.turn('close');
  assert.deepEqual(actor.context.exitReason, { kind: 'normal' });
});

test('refuses on request, and says when the link is writable', async () => {
  const actor = await ActorUnderTest.start(pairing);
  actor.context.refuseEmits = 1;
  await actor.turn({ text: 'a' }, { text: 'b' });
  assert.deepEqual(actor.take(), []);
  actor.context.writable = false;
  await actor.advance(100);
  assert.deepEqual(actor.take(), []);
  actor.context.becomeWritable();
  assert.deepEqual(actor.take(), ['a+b']);
});
