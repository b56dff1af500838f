import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oneLine } from '../../src/http/schemas.js';
import { openStore } from '../../src/store/open-store.js';
import { hashToken, type UserId } from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import { MAX_NAME } from '../../src/text/characters.js';
import { sized } from '../support/sized.js';
import { testEach } from './locations.js';

const OUTSIDE_BMP = '\u{1F600}';
const HOUR = 3_600_000;

function check(what: string, body: (store: Store, alice: UserId) => Promise<void>): void {
  testEach(what, async ({ location }) => {
    const store = await openStore(location);
    try {
      await body(store, await store.ensureUser('https://id.example', 'alice'));
    } finally {
      await store.close();
    }
  });
}

/** Texts of every kind, most of them about as long as a name may be. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: MAX_NAME + 10 }),
  fc.string({ unit: 'grapheme', minLength: MAX_NAME - 40, maxLength: MAX_NAME + 10 }),
  fc.integer({ min: 60, max: MAX_NAME + 2 }).map((length) => OUTSIDE_BMP.repeat(length)),
);

check(
  'S12: a name that the API takes is one that the store takes, and it comes back as it was',
  async (store, alice) => {
    const [device] = await store.provision(alice, ['cam']);
    assert.ok(device !== undefined);
    const { deviceId } = device;
    await fc.assert(
      fc.asyncProperty(name, async (given) => {
        const taken = oneLine.safeParse(given).success;
        const update = store.updateDevice(alice, deviceId, { name: given });
        if (!taken) return assert.rejects(update, { code: 'ERR_STORE_INPUT' });
        assert.equal((await update)?.name, given);
        assert.equal((await store.findDevice(alice, deviceId))?.name, given);
      }),
      {
        numRuns: sized(100, 5_000),
        examples: [[OUTSIDE_BMP.repeat(MAX_NAME)], [OUTSIDE_BMP.repeat(MAX_NAME + 1)]],
      },
    );
  },
);

check('S12: devices of one code have names that may be given again', async (store, alice) => {
  for (const [hash, wanted] of [
    ['one', 'x'.repeat(MAX_NAME)],
    ['two', OUTSIDE_BMP.repeat(MAX_NAME)],
  ] as const) {
    const token = { hash: hashToken(hash), name: wanted, uses: 2, expiresAt: Date.now() + HOUR };
    const id = await store.addPairingToken(alice, token);
    for (const number of [1, 2]) {
      const pending = await store.mintPending(alice, id, { name: 'cam', model: wanted, serial: wanted });
      await store.completePairing(alice, id, pending.credentialId);
      const paired = await store.findDevice(alice, pending.deviceId);
      assert.equal(paired?.name, `${[...wanted].slice(0, MAX_NAME - 2).join('')} ${number}`);
      assert.equal(paired?.model, wanted);
      assert.ok(await store.updateDevice(alice, pending.deviceId, { name: paired.name }));
    }
  }
});
