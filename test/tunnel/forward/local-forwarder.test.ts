import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalForwarder } from '../../../src/tunnel/forward/local-forwarder.js';
import { DEVICE } from './http-device.js';
import { RecordedBridge } from './recorded-bridge.js';
import { RecordedCall, request } from './recording-sink.js';
import { roomyBudget } from './unread.js';

test('calls and WebSockets that find the supervisor’s mailbox full are overloaded, not offline', async () => {
  const full = { tell: () => false };
  const forwarder = new LocalForwarder(full as never, roomyBudget(), () => {});
  const bridge = new RecordedBridge(forwarder);
  assert.deepEqual([bridge.failure?.code, bridge.ends], ['overloaded', 1]);
  assert.equal(new RecordedCall(forwarder, DEVICE, request()).failure?.code, 'overloaded');
});
