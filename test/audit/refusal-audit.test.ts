import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { RefusalAudit, type RefusalStore } from '../../src/audit/refusal-audit.js';
import type { NewAuditEntry } from '../../src/store/ports/audit.js';
import { hashToken, type PairingTokenId, type UserId } from '../../src/store/ports/ids.js';
import { ManualClock } from '../actors/kit.js';

const [ALICE, BOB] = ['alice', 'bob'] as UserId[];
const WINDOW_MS = 10 * 60_000;
const FORBIDDEN = { action: 'request.forbidden', result: 'refused' } as const;

/** Keeps rows, and answers questions when it is told to. */
class Rows implements RefusalStore {
  readonly rows: [UserId | undefined, NewAuditEntry][] = [];
  questions = 0;
  answer: () => void = () => {};

  audit(owner: UserId | undefined, entry: NewAuditEntry): Promise<void> {
    this.rows.push([owner, entry]);
    return Promise.resolve();
  }

  spentCredentials(): Promise<never[]> {
    return Promise.resolve([]);
  }

  spentPairing() {
    this.questions += 1;
    return new Promise<{ tokenId: PairingTokenId; owner: UserId }>((resolve) => {
      const before = this.answer;
      this.answer = () => {
        before();
        resolve({ tokenId: 'code-1' as PairingTokenId, owner: BOB as UserId });
      };
    });
  }
}

function open(maxCounted = 100) {
  const [store, clock] = [new Rows(), new ManualClock()];
  return {
    store,
    clock,
    audit: new RefusalAudit({ store, clock, maxCounted, log: pino({ level: 'silent' }) }),
  };
}

test('attack 61, O2: who is refused over and over has a few rows and one with how often, for each kind', () => {
  const { store, clock, audit } = open();
  for (let i = 0; i < 1000; i++) audit.record(ALICE, { ...FORBIDDEN, requestId: `r${i}` });
  audit.record(BOB, FORBIDDEN);
  audit.record(ALICE, { action: 'sign-in.begun', result: 'failed' });
  assert.equal(store.rows.length, 5 + 1 + 1);
  clock.advance(WINDOW_MS);
  assert.deepEqual(store.rows.slice(7), [[ALICE, { ...FORBIDDEN, requestId: 'r999', times: 995 }]]);
  assert.equal(audit.size, 0);
  audit.record(ALICE, FORBIDDEN);
  assert.equal(store.rows.length, 9, 'a window that is over begins anew');
});

test('O2: users that are counted are bounded: what more are refused is in the log alone', () => {
  const { store, audit } = open(3);
  for (let i = 0; i < 10; i++) audit.record(`user-${i}` as UserId, FORBIDDEN);
  assert.equal(audit.size, 3);
  assert.equal(store.rows.length, 3);
});

test('O2: a pairing code that is refused is a row of whoever made it; questions at one time are bounded', async () => {
  const { store, audit } = open();
  for (let i = 0; i < 50; i++) audit.pairing(hashToken('code'), { remoteAddr: '192.0.2.1' });
  assert.equal(store.questions, 8);
  store.answer();
  await nextTurn();
  const entry = { action: 'device.paired', result: 'refused', target: 'code-1', actor: 'device' } as const;
  assert.deepEqual(store.rows[0], [BOB, { ...entry, remoteAddr: '192.0.2.1' }]);
  audit.pairing(hashToken('code'), {});
  assert.equal(store.questions, 9);
});

test('O2: what is counted is written when the process ends, and nothing is left to keep it', () => {
  const { store, clock, audit } = open();
  for (let i = 0; i < 8; i++) audit.record(ALICE, FORBIDDEN);
  audit.close();
  assert.deepEqual(store.rows.at(-1), [ALICE, { ...FORBIDDEN, times: 3 }]);
  assert.deepEqual([audit.size, clock.pending], [0, 0]);
});
