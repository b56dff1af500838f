import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { createLogger } from '../../../src/observability/log.js';
import { ProxyRefusedError, ProxyUnreachableError } from '../../../src/tunnel/remote/proxy-failure.js';
import { MISSED_ROUNDS } from '../../../src/tunnel/remote/proxy-limits.js';
import { ProxyWatch } from '../../../src/tunnel/remote/proxy-watch.js';

/** A proxy that answers as it is told, and what the watch over it says. */
function watched() {
  const lines: { level: string; msg: string }[] = [];
  const asked = new EventEmitter();
  const proxy = {
    asks: 0,
    answer: (): Promise<boolean> => Promise.resolve(true),
    ready() {
      this.asks += 1;
      asked.emit('asked');
      return this.answer();
    },
  };
  const lost: string[] = [];
  const log = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  const watch = new ProxyWatch({
    proxy,
    log,
    intervalMs: 1,
    lost: (detail) => {
      lost.push(detail);
      asked.emit('lost');
    },
  });
  return { lines, asked, proxy, lost, watch };
}

const unreachable = () => Promise.reject(new ProxyUnreachableError('nobody there'));
const refused = () => Promise.reject(new ProxyRefusedError());

test('what the proxy is, is told in readiness and said in the log once a change', async () => {
  const { lines, proxy, watch } = watched();
  for (const [answer, why] of [
    [() => Promise.resolve(true), undefined],
    [unreachable, 'proxy-unreachable'],
    [refused, 'proxy-refused'],
    [() => Promise.resolve(false), 'proxy-unreachable'],
    [() => Promise.resolve(true), undefined],
  ] as const) {
    proxy.answer = answer;
    for (let i = 0; i < 3; i++) assert.equal(await watch.unready(), why);
  }
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level}: ${msg}`),
    [
      'info: the tunnel proxy is ready',
      'warn: the tunnel proxy cannot be reached',
      'error: the tunnel proxy refused the internal secret: give api-server and remote-proxy the same INTERNAL_SECRET',
      'warn: the tunnel proxy is not ready to serve',
      'info: the tunnel proxy is ready',
    ],
  );
});

test('many who want to know at once cost one question', async () => {
  const { proxy, watch } = watched();
  await Promise.all(Array.from({ length: 100 }, () => watch.unready()));
  assert.equal(proxy.asks, 1);
});

test('a proxy that answers nothing for some rounds is given up, and again as long as it does not', async () => {
  const { asked, proxy, lost, watch } = watched();
  proxy.answer = unreachable;
  watch.start();
  await once(asked, 'lost');
  assert.equal(proxy.asks, MISSED_ROUNDS);
  await once(asked, 'lost');
  watch.stop();
  assert.equal(lost.length, 2);
});

for (const [what, answer] of [
  ['is draining', () => Promise.resolve(false)],
  ['refuses the secret', refused],
] as const) {
  test(`a proxy that ${what} is not given up: it answers`, async () => {
    const { asked, proxy, lost, watch } = watched();
    proxy.answer = answer;
    watch.start();
    while (proxy.asks < 3 * MISSED_ROUNDS) await once(asked, 'asked');
    watch.stop();
    assert.deepEqual(lost, []);
  });
}

test('one answer between is enough, and a slow one is waited for', async () => {
  const { asked, proxy, lost, watch } = watched();
  let round = 0;
  proxy.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    round += 1;
    return round % MISSED_ROUNDS === 0 ? true : unreachable();
  };
  watch.start();
  while (round < 4 * MISSED_ROUNDS) await once(asked, 'asked');
  watch.stop();
  assert.equal(proxy.asks - round <= 1, true);
  assert.deepEqual(lost, []);
});
