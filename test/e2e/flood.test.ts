import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { newSessionToken } from '../../src/store/ports/ids.js';
import { sized } from '../support/sized.js';
import { serve } from './kit/load.js';
import type { Provisioned } from './kit/proxy-process.js';
import { type Person, RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

/** Loopback too, and another address than that of everybody else here. */
const ATTACKER = '127.0.0.2';
const MIB = 1 << 20;
const DIALS = sized(3_000, 100_000);
const AT_ONCE = 100;
/** Failures of one address in a window, and how long that is (admission.ts). */
const FAILURES = 30;
const WINDOW_MS = 10_000;
/** uWebSockets.js gives a request about ten seconds to come; the rest is for a busy machine. */
const HANDSHAKE_MS = 25_000;

/** Resolves when it is closed, by a reset too, which `once` would take for a failure. */
function closed(socket: Socket, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not closed within ${withinMs} ms`)), withinMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

describe('attack 51: floods at the doors of visiona up', () => {
  let up: RestProcess;
  let alice: Person;
  let paired: Provisioned;
  let device: ScriptedDevice;
  let idle: number;
  before(async () => {
    up = await RestProcess.start('up');
    alice = await up.signIn('alice');
    paired = await alice.pair();
    device = await ScriptedDevice.connect(up.tunnelUrl, paired.sessionToken);
    serve(device);
    await called();
    idle = up.program.residentBytes;
    up.program.forgetPeak();
  });
  after(async () => {
    await device.close();
    await up.close();
  });

  /** A user who calls a device. */
  async function called(): Promise<void> {
    const answer = await alice.get(`/api/devices/${paired.deviceId}/proxy/hello`);
    assert.deepEqual([answer.status, await answer.text()], [200, '/hello']);
  }

  /** Somebody of another tenant who begins: signs in, pairs a device and connects it. */
  async function bobArrives(login: string): Promise<void> {
    const bob = await up.signIn(login);
    const arrived = await ScriptedDevice.connect(up.tunnelUrl, (await bob.pair()).sessionToken);
    await arrived.close();
  }

  const calm = () => {
    const grown = up.program.peakBytes - idle;
    assert.ok(grown < 128 * MIB, `${Math.round(grown / MIB)} MiB above the idle process`);
  };

  /** A dial with a token that nobody has, on a connection of its own. */
  async function badDial(): Promise<{ status: number; retryAfter: string | undefined }> {
    const request = get(up.tunnelUrl.replace('ws:', 'http:'), {
      localAddress: ATTACKER,
      agent: false,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        Authorization: `Bearer ${newSessionToken()}`,
      },
    });
    const [response] = await once(request, 'response');
    request.destroy();
    return { status: response.statusCode, retryAfter: response.headers['retry-after'] };
  }

  test('thousands of dials with bad tokens are told to wait, and other tenants do not notice', async () => {
    const answers: Awaited<ReturnType<typeof badDial>>[] = [];
    let begun = 0;
    const beganAt = performance.now();
    const dialler = async () => {
      while (begun < DIALS) {
        begun += 1;
        answers.push(await badDial());
      }
    };
    const flood = Promise.all(Array.from({ length: AT_ONCE }, dialler));
    let calls = 0;
    const others = (async () => {
      while (begun < DIALS) {
        await called();
        calls += 1;
      }
    })();
    await bobArrives('bob');
    await Promise.all([flood, others]);
    assert.ok(calls > 0);
    const refused = answers.filter(({ status }) => status === 401);
    const waiting = answers.filter(({ status }) => status === 429);
    assert.equal(refused.length + waiting.length, DIALS);
    // Those that were under way when the last failure was counted have their answer too.
    const windows = Math.ceil((performance.now() - beganAt) / WINDOW_MS);
    assert.ok(refused.length <= windows * (FAILURES + AT_ONCE), `${refused.length} attempts`);
    for (const { retryAfter } of waiting) assert.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 10);
    calm();
  });

  test('whoever makes a handshake last is cut off, on every listener, and holds nobody up', async () => {
    const held: Promise<unknown>[] = [];
    for (const port of [up.tunnelPort, up.port]) {
      for (let i = 0; i < 200; i += 1) {
        const socket = connect({ port, host: '127.0.0.1', localAddress: ATTACKER });
        socket.on('error', () => {});
        await once(socket, 'connect');
        // Read, so that the end is seen.
        socket.resume();
        socket.write('GET /tunnel/connect HTTP/1.1\r\nHost: a\r\nX-Slow: ');
        // A little now and then: that something comes is no sign of life.
        const drip = setInterval(() => socket.write('x'), 1000);
        socket.once('close', () => clearInterval(drip));
        held.push(closed(socket, HANDSHAKE_MS));
      }
    }
    const cut = Promise.all(held);
    await bobArrives('carol');
    for (let i = 0; i < 50; i += 1) await called();
    await cut;
    calm();
  });

  test('a header without end is refused, and not kept', async () => {
    const giants = [up.tunnelPort, up.port].flatMap((port) =>
      Array.from({ length: 20 }, async () => {
        const socket = connect({ port, host: '127.0.0.1', localAddress: ATTACKER });
        socket.on('error', () => {});
        let answer = '';
        socket.on('data', (part) => {
          answer += part;
        });
        socket.write(`GET /tunnel/connect HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${'x'.repeat(MIB)}`);
        await closed(socket, HANDSHAKE_MS);
        // The connection may be reset with the answer still on its way.
        if (answer !== '') assert.match(answer, /^HTTP\/1\.1 431 /);
      }),
    );
    await Promise.all(giants);
    await called();
    calm();
  });
});
