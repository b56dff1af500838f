import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import { fetch } from 'undici';
import { runToEnd } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { RestProcess } from './kit/rest-process.js';
import { dial } from './kit/scripted-device.js';

/** Failures after which an address is refused: pairing.ts in a minute, admission.ts in ten seconds. */
const FAILURES = 30;

/** The status that a dial without a credential is refused with. */
async function refusal(tunnelUrl: string, forwardedFor: string): Promise<number | undefined> {
  const request = get(tunnelUrl.replace(/^ws/, 'http'), {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'X-Forwarded-For': forwardedFor,
    },
  });
  const [message] = await once(request, 'response');
  message.resume();
  return message.statusCode;
}

test('devices behind a trusted proxy have an allowance each, and are logged by their own address', async () => {
  const proxy = await ProxyProcess.start({ hosts: 1, env: { VISIONA_TRUSTED_PROXIES: '127.0.0.0/8' } });
  try {
    const { sessionToken } = await proxy.device();
    const attacker = (i: number) => refusal(proxy.tunnelUrl, `192.0.2.${i}, 203.0.113.1`);
    const guesses = await Promise.all(Array.from({ length: FAILURES }, (_, i) => attacker(i)));
    assert.ok(guesses.every((status) => status === 401 || status === 429));
    assert.equal(await attacker(99), 429);
    assert.equal(await refusal(proxy.tunnelUrl, '203.0.113.2'), 401);
    const socket = dial(proxy.tunnelUrl, {
      Authorization: `Bearer ${sessionToken}`,
      'X-Forwarded-For': '203.0.113.2',
    });
    await once(socket, 'open');
    assert.equal((await proxy.program.line('device connected')).remoteAddr, '203.0.113.2');
    socket.close();
    await once(socket, 'close');
  } finally {
    await proxy.stop();
  }
});

test('without the setting devices share the allowance of their socket’s address', async () => {
  const proxy = await ProxyProcess.start({ hosts: 1 });
  try {
    const guesses = await Promise.all(
      Array.from({ length: FAILURES }, (_, i) => refusal(proxy.tunnelUrl, `203.0.113.${i}`)),
    );
    assert.ok(guesses.every((status) => status === 401 || status === 429));
    assert.equal(await refusal(proxy.tunnelUrl, '203.0.113.99'), 429);
  } finally {
    await proxy.stop();
  }
});

test('callers behind a trusted proxy have an allowance each', async () => {
  const up = await RestProcess.start('up', { VISIONA_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    const guess = async (i: number, forwardedFor: string) => {
      const answer = await fetch(up.url('/api/pairing/exchange'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
        body: JSON.stringify({ token: `guess${i}`, device: { name: 'edge-7', model: 'Jetson' } }),
      });
      await answer.text();
      return answer.status;
    };
    for (let i = 0; i < FAILURES; i += 1) assert.equal(await guess(i, `192.0.2.${i}, 203.0.113.1`), 400);
    assert.equal(await guess(FAILURES, '203.0.113.1'), 429);
    assert.equal(await guess(FAILURES, '203.0.113.2'), 400);
  } finally {
    await up.close();
  }
});

test('a list that is wrong stops the start with one sentence, and help explains the flag', async () => {
  for (const command of ['up', 'api-server', 'remote-proxy']) {
    const { code, stderr } = await runToEnd([command, '--trusted-proxies', '10.0.0.0/33']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^--trusted-proxies: "10\.0\.0\.0\/33" is neither an IP address nor a CIDR range; .*\n$/,
    );
    assert.match(
      (await runToEnd([command, '--help'])).stdout,
      /--trusted-proxies ADDRESSES\n.*VISIONA_TRUSTED/s,
    );
  }
});
