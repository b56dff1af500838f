import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActorRef } from '../../../../src/actors/behaviour.js';
import { Ticker } from '../../../../src/tunnel/session/host/ticker.js';
import type { SessionIn } from '../../../../src/tunnel/session/wire/session-in.js';
import { ManualClock } from '../../../actors/kit.js';

const PERIOD = 1000;

/** A session actor that keeps the times of its ticks. */
function actorOn(clock: ManualClock) {
  const ticks: number[] = [];
  const state = { ended: false };
  const tell = (message: SessionIn): boolean => {
    assert.equal(message.kind, 'tick');
    if (!state.ended) ticks.push(clock.now());
    return !state.ended;
  };
  return { ref: { tell } as ActorRef<SessionIn>, ticks, state };
}

test('an actor gets a tick every period until it is removed', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, PERIOD);
  const { ref, ticks } = actorOn(clock);
  ticker.add(ref);
  clock.advance(3 * PERIOD);
  ticker.remove(ref);
  clock.advance(3 * PERIOD);
  assert.deepEqual(ticks, [PERIOD, 2 * PERIOD, 3 * PERIOD]);
});

test('those that are added at different times tick at different times, a period later at most', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, PERIOD);
  const [early, late] = [actorOn(clock), actorOn(clock)];
  ticker.add(early.ref);
  clock.advance(330);
  ticker.add(late.ref);
  clock.advance(PERIOD);
  assert.deepEqual(early.ticks, [1000]);
  assert.deepEqual(late.ticks, [1300]);
});

test('however many there are, one timer is pending, and none when there are none', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, PERIOD);
  const actors = Array.from({ length: 1000 }, () => actorOn(clock));
  for (const { ref } of actors) {
    ticker.add(ref);
    clock.advance(1);
  }
  assert.equal(clock.pending, 1);
  for (const { ref } of actors) ticker.remove(ref);
  ticker.add(actorOn(clock).ref);
  assert.equal(clock.pending, 1);
});

test('an actor that has ended is forgotten, for one that is killed cannot remove itself', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, PERIOD);
  const actor = actorOn(clock);
  ticker.add(actor.ref);
  actor.state.ended = true;
  clock.advance(PERIOD);
  assert.equal(clock.pending, 0);
});

test('removing what is not there changes nothing', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock, PERIOD);
  const { ref, ticks } = actorOn(clock);
  ticker.add(ref);
  ticker.remove(actorOn(clock).ref);
  assert.equal(clock.pending, 1);
  clock.advance(PERIOD);
  assert.equal(ticks.length, 1);
});
