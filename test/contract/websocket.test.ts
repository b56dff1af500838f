import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { MAX_WEBSOCKET_MESSAGE } from '../../src/contract/websocket.js';
import { settled } from '../support/settled.js';
import {
  type ForwarderUnderTest,
  IMPLEMENTATIONS,
  type OpenForwarder,
} from '../tunnel/forward/http-device.js';
import { RecordedBridge } from '../tunnel/forward/recorded-bridge.js';

/** The BridgeForwarder contract, for every implementation. */
function bridgeContract(name: string, open: OpenForwarder): void {
  const it = (what: string, body: (it: ForwarderUnderTest) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const under = await open();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  };

  /** Resolves with the device's side of the next WebSocket. */
  const accepted = (device: ForwarderUnderTest['device']): Promise<WebSocket> =>
    new Promise((resolve) => {
      device.serveSocket = resolve;
    });

  it('the device sees the handshake of the caller, and the caller its subprotocol', async ({
    forwarder,
    device,
  }) => {
    let seen: { url: string | undefined; headers: NodeJS.Dict<string | string[]> } | undefined;
    device.serveSocket = (_socket, { url, headers }) => {
      seen = { url, headers };
    };
    const headers = ['host', 'device.test', 'x-one', 'a', 'x-forward-method', 'DELETE'];
    const request = { target: '/ws/a%2fb?c=d+e&f=%20', headers, protocols: ['one', 'two'] };
    const { protocol, bridge } = await new RecordedBridge(forwarder, request).open();
    assert.equal(protocol, 'two');
    assert.equal(seen?.url, '/ws/a%2fb?c=d+e&f=%20');
    assert.equal(seen?.headers.host, 'device.test');
    assert.equal(seen?.headers['x-one'], 'a');
    assert.equal(seen?.headers.authorization, undefined);
    bridge.close(1000, '');
  });

  it('messages of both kinds go both ways, whole and in order', async ({ forwarder, device }) => {
    device.serveSocket = (socket) => socket.on('message', (data, binary) => socket.send(data, { binary }));
    const bridged = await new RecordedBridge(forwarder).open();
    const sent = [Buffer.from('héllo'), Buffer.alloc(0), Buffer.alloc(1_000_000, 7), Buffer.from('end')];
    for (const [i, data] of sent.entries()) {
      const lent = Buffer.from(data);
      assert.equal(bridged.bridge.message(lent, i % 2 === 1), true);
      lent.fill(0);
    }
    await bridged.until(() => bridged.messages.length === sent.length);
    assert.deepEqual(
      bridged.messages,
      sent.map((data, i) => ({ data, binary: i % 2 === 1 })),
    );
    bridged.bridge.close(1000, '');
  });

  it("the device's close reaches the caller with its code and reason", async ({ forwarder, device }) => {
    for (const [code, reason] of [
      [4321, 'enough'],
      [1000, ''],
      [undefined, ''],
    ] as const) {
      device.serveSocket = (socket) => (code === undefined ? socket.close() : socket.close(code, reason));
      const { close, ends } = await (await new RecordedBridge(forwarder).open()).over();
      assert.deepEqual(close, { code: code ?? 1005, reason });
      assert.equal(ends, 1);
    }
  });

  it("the caller's close reaches the device, and the sink hears no more", async ({ forwarder, device }) => {
    for (const [code, seen] of [
      [4001, 4001],
      [1005, 1005],
      [1006, 1006],
    ] as const) {
      const socket = accepted(device);
      const bridged = await new RecordedBridge(forwarder).open();
      const closed = once(await socket, 'close');
      bridged.bridge.close(code, code === 4001 ? 'bye' : '');
      const [got, reason] = await closed;
      // A broken connection may be seen as one that a proxy closed.
      if (code === 1006) assert.ok(got === 1006 || got === 1005, String(got));
      else assert.deepEqual([got, String(reason)], [seen, code === 4001 ? 'bye' : '']);
      assert.equal(bridged.ends, 0);
    }
  });

  it('a close before the device has answered resets the stream', async ({ forwarder, fixture }) => {
    const mute = new EventEmitter();
    const device = await fixture.rawDevice('mute', (stream) => {
      stream.resume().once('close', () => mute.emit('closed'));
      mute.emit('arrived');
    });
    const arrived = once(mute, 'arrived');
    const bridged = new RecordedBridge(forwarder, {}, { by: 'device', deviceId: 'mute' });
    await arrived;
    const closed = once(mute, 'closed');
    bridged.bridge.close(1006, '');
    await closed;
    assert.equal(bridged.ends, 0);
    await device.close();
  });

  it('a refusal of the device is passed on', async ({ forwarder, device }) => {
    device.refusal = 'HTTP/1.1 403 Not You\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nsome';
    const { refusal, ends } = await new RecordedBridge(forwarder).over();
    assert.equal(refusal?.head.status, 403);
    assert.equal(refusal?.head.reason, 'Not You');
    assert.equal(refusal?.head.contentLength, 4);
    assert.ok(refusal?.head.headers.join().includes('X-Why,because'));
    assert.equal(refusal?.body, 'some');
    assert.equal(ends, 1);
  });

  it('no tunnel is device-offline', async ({ forwarder }) => {
    const { failure } = await new RecordedBridge(forwarder, {}, {
      by: 'device',
      deviceId: 'none',
    } as never).over();
    assert.equal(failure?.code, 'device-offline');
  });

  it('what is no handshake answer is bad-device-response', async ({ forwarder, device }) => {
    device.refusal = 'nonsense\r\n\r\n';
    assert.equal((await new RecordedBridge(forwarder).over()).failure?.code, 'bad-device-response');
  });

  for (const [what, over] of [
    ['a subprotocol that is none', { protocols: ['a b'] }],
    ['a field with a line break', { headers: ['host', 'd', 'x-a', 'b\r\nx: y'] }],
  ] as const) {
    it(`${what} is bad-request`, async ({ forwarder }) => {
      assert.equal((await new RecordedBridge(forwarder, over as never).over()).failure?.code, 'bad-request');
    });
  }

  it('a tunnel that is lost under a WebSocket is 1014', async ({ forwarder, device }) => {
    const bridged = await new RecordedBridge(forwarder).open();
    await device.close();
    assert.equal((await bridged.over()).close?.code, 1014);
    assert.equal(bridged.ends, 1);
  });

  it('what the caller does not consume holds the device back', async ({ forwarder, device }) => {
    const count = 640;
    let taken = 0;
    device.serveSocket = async (socket) => {
      for (let i = 0; i < count; i++) {
        await new Promise((sent) => socket.send(Buffer.alloc(65_536, i), sent));
        taken += 1;
      }
      socket.close(1000);
    };
    const bridged = new RecordedBridge(forwarder);
    bridged.holding = true;
    await bridged.open();
    await settled(() => bridged.held);
    assert.ok(bridged.held64k < 32, `${bridged.held} bytes came unasked`);
    assert.ok(taken < count, 'the device was not held back');
    bridged.holding = false;
    bridged.bridge.consumed(bridged.held);
    await bridged.over();
    assert.equal(bridged.messages.length, count);
    assert.ok(bridged.messages.every(({ data }, i) => data.length === 65_536 && data[0] === i % 256));
  });

  it('a caller that closes before it has consumed what came is heard, and answered, by the device', async ({
    forwarder,
    device,
  }) => {
    const socket = accepted(device);
    const bridged = new RecordedBridge(forwarder);
    bridged.holding = true;
    await bridged.open();
    const peer = await socket;
    for (let i = 0; i < 160; i++) peer.send(Buffer.alloc(65_536, i));
    await settled(() => bridged.held);
    // Far less than the time after which either end would give up waiting for a close frame.
    const closed = once(peer, 'close', { signal: AbortSignal.timeout(15_000) });
    bridged.bridge.close(1000, 'enough');
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason)], [1000, 'enough']);
  });

  it('a device that does not read refuses the caller in the end', async ({ forwarder, device }) => {
    device.serveSocket = (socket) => socket.pause();
    const bridged = await new RecordedBridge(forwarder).open();
    const chunk = Buffer.alloc(1024 * 1024);
    let sent = 0;
    // Nearby, or at the other end, which says so by its close.
    while (bridged.ends === 0 && bridged.bridge.message(chunk, true)) {
      sent += chunk.length;
      assert.ok(sent <= 8 * MAX_WEBSOCKET_MESSAGE, 'nothing bounds what waits for the device');
      await new Promise((resolve) => setImmediate(resolve));
    }
    bridged.bridge.close(1006, '');
  });
}

for (const [name, open] of IMPLEMENTATIONS) bridgeContract(name, open);
