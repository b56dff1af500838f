import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NpuModule } from '../../../src/agent/simulator/module.js';

const identity = { id: 'npu-0', name: 'A', chip: 'KL720', port: 'usb-1-1', firmware: '1.0.0' };
const module = (): NpuModule => new NpuModule(identity, 0);

test('connecting and disconnecting take their time', () => {
  const npu = module();
  assert.equal(npu.state(0), 'disconnected');
  assert.equal(npu.connect(1_000), true);
  assert.deepEqual(
    [npu.state(1_000), npu.state(2_499), npu.state(2_500)],
    ['connecting', 'connecting', 'connected'],
  );
  assert.equal(npu.disconnect(3_000), true);
  assert.deepEqual([npu.state(3_399), npu.state(3_400)], ['disconnecting', 'disconnected']);
});

test('asking for the state it has changes nothing, the opposite of where it is going is refused', () => {
  const npu = module();
  assert.equal(npu.disconnect(10), true);
  assert.equal(npu.state(10), 'disconnected');
  npu.connect(20);
  assert.equal(npu.connect(500), true);
  assert.equal(npu.disconnect(500), false);
  assert.equal(npu.state(1_520), 'connected');
});

test('a view says since when', () => {
  const npu = module();
  npu.connect(60_000);
  assert.equal(npu.view(60_100).stateSince, '1970-01-01T00:01:00.000Z');
  assert.equal(npu.view(99_000).stateSince, '1970-01-01T00:01:01.500Z');
  assert.deepEqual({ ...npu.view(99_000), ...identity }, npu.view(99_000));
});

test('a connected module warms up and cools down again', () => {
  const npu = module();
  assert.equal(npu.view(0).temperatureCelsius, 34);
  npu.connect(0);
  const warm = npu.view(60_000).temperatureCelsius;
  assert.ok(warm > 40 && warm < 42, `${warm}`);
  assert.equal(npu.view(900_000).temperatureCelsius, 45);
  npu.disconnect(900_000);
  assert.ok(npu.view(960_000).temperatureCelsius < 39);
});

test('whatever is asked when, it settles on the last goal it accepted and stays in its temperature range', () => {
  const step = fc.record({ connect: fc.boolean(), wait: fc.nat(3_000) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const npu = module();
      let now = 0;
      let goal = 'disconnected';
      for (const { connect, wait } of steps) {
        const accepted = connect ? npu.connect(now) : npu.disconnect(now);
        if (accepted) goal = connect ? 'connected' : 'disconnected';
        const { temperatureCelsius } = npu.view(now);
        assert.ok(temperatureCelsius >= 34 && temperatureCelsius <= 45);
        now += wait;
      }
      assert.equal(npu.state(now + 1_500), goal);
    }),
  );
});
