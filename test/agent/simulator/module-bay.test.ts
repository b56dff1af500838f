import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBay } from '../../../src/agent/simulator/module-bay.js';

const ids = (bay: ModuleBay, now: number): string[] => bay.list(now).map(({ id }) => id);

test('a scan finds what was plugged in, when it is over', () => {
  const bay = new ModuleBay(0);
  assert.equal(bay.scan(0), undefined);
  const started = '1970-01-01T00:00:01.000Z';
  assert.deepEqual(bay.startScan(1_000), { jobId: 'scan-1', state: 'running', startedAt: started });
  assert.deepEqual(ids(bay, 2_999), ['npu-0', 'npu-1']);
  assert.equal(bay.get('npu-2', 2_999), undefined);
  assert.deepEqual(ids(bay, 3_000), ['npu-0', 'npu-1', 'npu-2']);
  assert.deepEqual(bay.scan(3_000), {
    jobId: 'scan-1',
    state: 'succeeded',
    startedAt: started,
    finishedAt: '1970-01-01T00:00:03.000Z',
    found: ['npu-2'],
  });
});

test('a module found by a scan is there although nobody asked in between', () => {
  const bay = new ModuleBay(0);
  bay.startScan(0);
  assert.equal(bay.get('npu-2', 60_000)?.view(60_000).stateSince, '1970-01-01T00:00:02.000Z');
});

test('one scan at a time; the next finds nothing new', () => {
  const bay = new ModuleBay(0);
  bay.startScan(0);
  assert.equal(bay.startScan(1_999).jobId, 'scan-1');
  assert.equal(bay.startScan(2_000).jobId, 'scan-2');
  const over = bay.scan(4_000);
  assert.ok(over?.state === 'succeeded');
  assert.deepEqual(over.found, []);
  assert.equal(ids(bay, 4_000).length, 3);
});
