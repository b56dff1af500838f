import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { Sealer } from '../../src/auth/seal.js';
import type { Session } from '../../src/auth/session-tokens.js';
import { MAX_WAITING, TokenKeeping } from '../../src/auth/token-keeping.js';
import { MAX_REVOCATIONS, TokenRevocation } from '../../src/auth/token-revocation.js';
import { StoreError, StoreUnavailableError } from '../../src/store/ports/errors.js';
import type { CookieHash, SignInId, UserId } from '../../src/store/ports/ids.js';
import type { StoreState } from '../../src/store/ports/store.js';
import { ManualClock } from '../actors/kit.js';
import { keys } from './keys.js';

const TOKENS = { issuer: 'https://id.example', subject: 'alice', refreshToken: 'rt-2' };

function session(number: number): Session {
  const times = { createdAt: 0, lastUsedAt: 0, expiresAt: 1, idleMs: 1, claimedUntil: 0 };
  const signIn = { ...times, signInId: `s${number}` as SignInId, userId: 'u' as UserId, sealed: '' };
  return { signIn, cookie: 'c' as CookieHash, tokens: { ...TOKENS, refreshToken: 'rt-1' } };
}

/** With a store that answers each try as `answer` says. */
function arrange(answer: () => Promise<boolean>) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  const timers = new ManualClock();
  const revoked: string[] = [];
  const provider = { revoke: async (token: string) => void revoked.push(token) };
  const revocation = new TokenRevocation({ provider, log });
  let tries = 0;
  const resealSignIn = () => {
    tries += 1;
    return answer();
  };
  let tell: (state: StoreState) => void = () => {};
  const onState = (listener: typeof tell) => {
    tell = listener;
  };
  const state = (state: StoreState) => tell(state);
  const options = { store: { resealSignIn, onState }, sealer: new Sealer(keys), revocation, log, timers };
  const keeping = new TokenKeeping(options);
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i += 1_000) {
      timers.advance(1_000);
      await turn();
    }
  };
  return { keeping, lines, revoked, pass, state, tries: () => tries };
}

const locked = () => Promise.reject(new StoreUnavailableError('it is locked'));

test('S2: tokens that the store does not take for eight seconds are stored then', async () => {
  let answer: () => Promise<boolean> = locked;
  const { keeping, pass, lines, tries } = arrange(() => answer());
  await assert.rejects(keeping.keep(session(1), TOKENS), StoreUnavailableError);
  await pass(8_000);
  assert.ok(keeping.isWaiting(session(1).signIn.signInId) && tries() > 3);
  answer = async () => true;
  await pass(6_000);
  assert.ok(!keeping.isWaiting(session(1).signIn.signInId));
  const stored = tries();
  await pass(60_000);
  assert.deepEqual([tries(), lines], [stored, []]);
});

test('S2: they are stored as soon as the store can be written again, before their time, and once', async () => {
  let answer: () => Promise<boolean> = locked;
  const { keeping, pass, state, tries } = arrange(() => answer());
  await assert.rejects(keeping.keep(session(1), TOKENS));
  await pass(30_000);
  const before = tries();
  const fault = { code: 'ERR_STORE_READ_ONLY', message: 'a standby' } as const;
  state({ writes: fault });
  state({ reads: fault, writes: fault });
  await turn();
  assert.equal(tries(), before);
  answer = async () => true;
  for (let i = 0; i < 2; i++) state({});
  await turn();
  assert.deepEqual([tries(), keeping.isWaiting(session(1).signIn.signInId)], [before + 1, false]);
  await pass(60_000);
  assert.equal(tries(), before + 1);
});

test('S2: they are given up after some minutes, and at once where trying again is of no use', async () => {
  const { keeping, pass, lines, tries } = arrange(locked);
  await assert.rejects(keeping.keep(session(1), TOKENS));
  await pass(300_000);
  assert.ok(!keeping.isWaiting(session(1).signIn.signInId));
  assert.deepEqual([tries(), lines.length], [31, 1]);
  assert.doesNotMatch(lines.join(''), /rt-/);
  for (const error of [new StoreError('ERR_STORE_CLOSED', 'closed'), new TypeError('a fault')]) {
    const closed = arrange(() => Promise.reject(error));
    await assert.rejects(closed.keeping.keep(session(1), TOKENS), error);
    assert.deepEqual([closed.keeping.isWaiting(session(1).signIn.signInId), closed.lines.length], [false, 1]);
  }
});

test(`S2: those of ${MAX_WAITING} sessions wait, and no more`, async () => {
  const { keeping, lines } = arrange(locked);
  for (let i = 0; i <= MAX_WAITING; i++) await assert.rejects(keeping.keep(session(i), TOKENS));
  assert.ok(keeping.isWaiting(session(MAX_WAITING - 1).signIn.signInId));
  assert.ok(!keeping.isWaiting(session(MAX_WAITING).signIn.signInId));
  assert.equal(lines.length, 1);
});

test('S10: new tokens of a session that ended meanwhile are revoked, whether it is told at once or later', async () => {
  let answer: () => Promise<boolean> = async () => false;
  const { keeping, pass, revoked } = arrange(() => answer());
  assert.equal(await keeping.keep(session(1), TOKENS), false);
  assert.deepEqual(revoked, ['rt-2']);
  answer = locked;
  await assert.rejects(keeping.keep(session(2), TOKENS));
  answer = async () => false;
  await pass(1_000);
  assert.deepEqual(revoked, ['rt-2', 'rt-2']);
});

test(`S10: ${MAX_REVOCATIONS} revocations at once, and no more; each gives its place free, however it ends`, async () => {
  const lines: string[] = [];
  const asked: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const provider = {
    revoke: () => new Promise<void>((resolve, reject) => void asked.push({ resolve, reject })),
  };
  const revocation = new TokenRevocation({ provider, log: pino({}, { write: (line) => lines.push(line) }) });
  const begin = (number: number) => revocation.begin(`s${number}` as SignInId, `rt-${number}`);
  for (let i = 0; i <= MAX_REVOCATIONS; i++) begin(i);
  assert.deepEqual([asked.length, lines.length], [MAX_REVOCATIONS, 1]);
  asked[0]?.resolve();
  asked[1]?.reject(new Error('it is down'));
  await turn();
  for (let i = 0; i < 3; i++) begin(i);
  assert.deepEqual([asked.length, lines.length], [MAX_REVOCATIONS + 2, 3]);
  assert.doesNotMatch(lines.join(''), /rt-/);
});
