import assert from 'node:assert/strict';
import { test } from 'node:test';
import { System } from '../../../src/agent/simulator/system.js';
import { VERSION } from '../../../src/version.js';

test('uptime and time follow the clock', () => {
  const view = new System('00c0ffee', 1_000).view(62_500);
  assert.equal(view.hostname, 'edge-00c0ffee');
  assert.equal(view.uptimeSeconds, 61);
  assert.equal(view.bootedAt, '1970-01-01T00:00:01.000Z');
  assert.equal(view.time, '1970-01-01T00:01:02.500Z');
  assert.equal(view.agentVersion, VERSION);
});

test('load, memory and temperature move together and stay in their ranges', () => {
  const system = new System('00000000', 0);
  const views = Array.from({ length: 60 }, (_, i) => system.view(i * 10_000));
  for (const { cpu, memory, temperatureCelsius } of views) {
    assert.ok(cpu.usagePercent >= 5 && cpu.usagePercent <= 35);
    assert.ok(memory.usedBytes > 2 * 1024 ** 3 && memory.usedBytes < memory.totalBytes);
    assert.ok(temperatureCelsius >= 39 && temperatureCelsius <= 47);
  }
  const byLoad = views.toSorted((a, b) => a.cpu.usagePercent - b.cpu.usagePercent);
  assert.ok(byLoad[0]!.temperatureCelsius < byLoad.at(-1)!.temperatureCelsius);
});

test('two hosts differ', () => {
  const [a, b] = ['00000001', '000001f4'].map((serial) => new System(serial, 0).view(0));
  assert.notEqual(a?.hostname, b?.hostname);
  assert.notEqual(a?.cpu.usagePercent, b?.cpu.usagePercent);
});
