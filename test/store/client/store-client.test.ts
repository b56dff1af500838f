import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { ActorGoneError, AskTimeoutError, CodedError, MailboxFullError } from '../../../src/actors/errors.js';
import type { Host } from '../../../src/actors/host.js';
import { startProcessHost } from '../../../src/actors/hosting/process-host.js';
import { deviceRevoke } from '../../../src/cli/device.js';
import { StoreClient } from '../../../src/store/client/store-client.js';
import { attachStore, startStoreProcess } from '../../../src/store/client/store-process.js';
import { openStore } from '../../../src/store/open-store.js';
import type { Changes } from '../../../src/store/ports/changes.js';
import { StoreOutcomeUnknownError } from '../../../src/store/ports/errors.js';
import { MAX_LIVE_PAIRING_TOKENS } from '../../../src/store/ports/pairing.js';
import { databaseFile } from '../../../src/store/sqlite/sqlite.js';
import { STORE_KIND } from '../../../src/store/wire/store-kind.js';
import { admit } from '../../support/admit.js';
import { deviceOf, storeContract } from '../contract.js';
import { newToken, pairingContract } from '../pairing-contract.js';
import { newSignIn, signInContract } from '../sign-ins-contract.js';
import { withTempDir } from '../temp-dir.js';

const ISSUER = 'https://id.example';

describe('contract through a child process', () => {
  let host: Host;
  before(async () => {
    const module = new URL('../../../src/store/process/store-actor.js', import.meta.url);
    host = await startProcessHost({ name: 'store', module });
  });
  const dirs: string[] = [];
  after(async () => {
    await host.stop(5_000);
    for (const dir of dirs) await rm(dir, { recursive: true });
  });

  const open = async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'visiona-store-'));
    dirs.push(dataDir);
    const store = new StoreClient();
    await attachStore(host, store, { dataDir });
    return { store, end: () => store.close() };
  };
  storeContract('store in a child process', open);
  signInContract('store in a child process', open);
  pairingContract('store in a child process', open);
});

/** Runs `body` with a client of a store process, which is ended afterwards. */
function withStore(body: (running: { client: StoreClient; host: Host; dataDir: string }) => Promise<void>) {
  return withTempDir(async (dataDir) => {
    const client = new StoreClient();
    const host = await startStoreProcess(client, { dataDir });
    try {
      await body({ client, host, dataDir });
    } finally {
      await client.close();
      await host.stop(5_000);
    }
  });
}

/** The next changes that `client` hears of. */
const nextChanges = (client: StoreClient) =>
  new Promise<Changes>((resolve) => {
    const stop = client.onChanges((changes) => {
      stop();
      resolve(changes);
    });
  });

test('a sign-in whose time is over is told, though nobody asks for it', () =>
  withStore(async ({ client }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const heard = nextChanges(client);
    const { signInId } = await client.beginSignIn(owner, newSignIn('a', { idleMs: 1 }));
    const [change] = (await heard).changes;
    assert.deepEqual(
      { ...change, seq: 1, at: 0 },
      { kind: 'sign-in-ended', signInId, userId: owner, seq: 1, at: 0 },
    );
  }));

test('a revocation at the command line reaches a running process', () =>
  withStore(async ({ client, dataDir }) => {
    const [made] = await client.provision(await client.ensureUser(ISSUER, 'alice'), ['cam']);
    const heard = nextChanges(client);
    await deviceRevoke({ deviceId: made!.deviceId }, { location: { dataDir }, stdout: new PassThrough() });
    const { changes, missed } = await heard;
    assert.equal(missed, false);
    assert.deepEqual(
      changes.map((change) => ({ kind: change.kind, deviceId: deviceOf(change) })),
      [{ kind: 'device-revoked', deviceId: made!.deviceId }],
    );
  }));

test('an admission is known before its revocation is heard of', () =>
  withStore(async ({ client }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const made = await client.provision(owner, ['a', 'b', 'c', 'd']);
    const admitted = new Set<string>();
    const heard = new Set<string>();
    const all = new Promise<void>((resolve, reject) => {
      client.onChanges(({ changes }) => {
        for (const deviceId of changes.map(deviceOf)) {
          if (deviceId === undefined || !admitted.has(deviceId)) {
            reject(new Error(`${deviceId} is revoked before it is admitted`));
          } else heard.add(deviceId);
        }
        if (heard.size === made.length) resolve();
      });
    });
    // In one turn: the store runs them in one transaction and answers them in one batch.
    await Promise.all(
      made.map(async ({ deviceId, sessionToken }) => {
        const connected = admit(client, sessionToken);
        const revoked = client.revokeDevice(owner, deviceId);
        admitted.add((await connected)!.deviceId);
        assert.equal(await revoked, true);
      }),
    );
    await all;
  }));

test('D4: a user who has as many as a user may have says nothing of the store', () =>
  withStore(async ({ client }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    for (let i = 0; i < MAX_LIVE_PAIRING_TOKENS; i += 1) await client.addPairingToken(owner, newToken());
    await assert.rejects(client.addPairingToken(owner, newToken()), { code: 'ERR_STORE_LIMIT' });
    // What its process tells comes before its answers.
    assert.deepEqual(client.missing, {});
  }));

test('D1: when the process is killed, the outcome of a write under way is unknown, and a read is asked again', () =>
  withStore(async ({ client, host, dataDir }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const [made] = await client.provision(owner, ['cam']);
    assert.equal((await admit(client, made!.sessionToken))?.epoch, 1);
    const write = client.provision(owner, ['lost or not']);
    const read = client.ownerOf(made!.deviceId);
    const connect = admit(client, made!.sessionToken);
    host.kill('test');
    await assert.rejects(write, {
      name: 'StoreOutcomeUnknownError',
      code: 'ERR_STORE_OUTCOME_UNKNOWN',
      message: /^the write may have been done, look before you make it again: /,
    });
    const waiting = client.provision(owner, ['asked while there was none']);
    const next = await startStoreProcess(client, { dataDir });
    assert.equal(await read, owner);
    assert.ok((await connect)!.epoch > 1);
    assert.equal((await waiting).length, 1);
    await next.stop(5_000);
  }));

test('D1: a write that was never handed over is unavailable, one that gets no answer in time is unknown', async () => {
  const rejecting = (error: Error) => ({ ask: () => Promise.reject(error) }) as never;
  const provision = (client: StoreClient) => client.provision('alice' as never, ['cam']);
  const read = (client: StoreClient) => client.lastChange();
  const gone = { kind: 'killed', why: 'test' } as const;
  for (const [error, call, code] of [
    [new ActorGoneError(gone, false), provision, 'ERR_STORE_UNAVAILABLE'],
    [new ActorGoneError(gone, true), provision, 'ERR_STORE_OUTCOME_UNKNOWN'],
    [new AskTimeoutError('provision', 10_000), provision, 'ERR_STORE_OUTCOME_UNKNOWN'],
    [new AskTimeoutError('lastChange', 10_000), read, 'ERR_STORE_UNAVAILABLE'],
    [new StoreOutcomeUnknownError('over there'), provision, 'ERR_STORE_OUTCOME_UNKNOWN'],
    [new CodedError('ERR_STORE_OUTCOME_UNKNOWN', 'over there'), provision, 'ERR_STORE_OUTCOME_UNKNOWN'],
    [new CodedError('ERR_STORE_OUTCOME_UNKNOWN', 'over there'), read, 'ERR_STORE_UNAVAILABLE'],
    [new CodedError('ERR_STORE_UNAVAILABLE', 'over there'), provision, 'ERR_STORE_UNAVAILABLE'],
    [new MailboxFullError('the mailbox'), provision, 'ERR_STORE_BUSY'],
  ] as const) {
    const client = new StoreClient();
    client.attach(rejecting(error));
    await assert.rejects(call(client), { code }, `${error.code} ${call.name}`);
  }
});

test('a stop of the process still answers the writes that it was asked before', () =>
  withStore(async ({ client, host, dataDir }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const actor = host.spawn(STORE_KIND, { location: { dataDir } }, { message: () => {}, exited: () => {} });
    await actor.ask('lastChange', [], 5_000);
    const asked = Array.from({ length: 100 }, (_, i) =>
      actor.ask('provision', [owner, [`cam-${i}`], undefined], 5_000),
    );
    const stopped = host.stop(5_000);
    const made = (await Promise.all(asked)).flat();
    assert.equal((await stopped).kind, 'normal');
    const store = await openStore({ dataDir });
    const { items } = await store.listDevices(owner, { limit: 1_000 });
    await store.close();
    assert.deepEqual(
      items.map((device) => device.deviceId),
      made.map((device) => device.deviceId),
    );
  }));

test('a call waits for a store for a while, and after that calls fail at once until there is one', async () => {
  let giveUp = () => {};
  const clock = {
    now: () => 0,
    after: (_ms: number, run: () => void) => {
      giveUp = run;
      return () => {};
    },
  };
  const client = new StoreClient(clock);
  const unavailable = { code: 'ERR_STORE_UNAVAILABLE' };
  const waiting = client.lastChange();
  giveUp();
  await assert.rejects(waiting, unavailable);
  await assert.rejects(client.lastChange(), unavailable);
  await withTempDir(async (dataDir) => {
    const host = await startStoreProcess(client, { dataDir });
    assert.equal(await client.lastChange(), 0);
    await host.stop(5_000);
  });
});

test('calls beyond the bound are refused', async () => {
  const client = new StoreClient({ now: () => 0, after: () => () => {} });
  for (let i = 0; i < 16_384; i += 1) client.lastChange().catch(() => {});
  await assert.rejects(client.lastChange(), { code: 'ERR_STORE_BUSY' });
});

test('a database that is away when a new process starts is known to be away, until that hears from it', () =>
  withStore(async ({ client, host, dataDir }) => {
    host.kill('test');
    await host.exited;
    assert.equal(client.missing.reads, 'store-unavailable');
    // What the actor says comes before its start is over.
    client.report({ state: { reads: { code: 'ERR_STORE_UNAVAILABLE', message: 'it is away' } } });
    const next = await startStoreProcess(client, { dataDir });
    const known = client.missing.reads;
    client.report({ state: {} });
    const heard = client.missing.reads;
    await next.stop(5_000);
    assert.deepEqual([known, heard], ['store-unavailable', undefined]);
  }));

test('a new process goes on with the feed where the last one was', () =>
  withStore(async ({ client, host, dataDir }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const [made] = await client.provision(owner, ['cam']);
    const exited = host.exited;
    host.kill('test');
    await exited;
    const heard = nextChanges(client);
    const other = await openStore({ dataDir });
    await other.revokeDevice(owner, made!.deviceId);
    await other.close();
    const next = await startStoreProcess(client, { dataDir });
    assert.equal(deviceOf((await heard).changes[0]), made!.deviceId);
    await next.stop(5_000);
  }));

test('a store that cannot be opened fails the start with the error of the store', () =>
  withTempDir(async (dataDir) => {
    await writeFile(databaseFile(dataDir), 'not a database'.repeat(1_000));
    await assert.rejects(startStoreProcess(new StoreClient(), { dataDir }), {
      name: 'StoreError',
      code: 'ERR_STORE_CORRUPT',
    });
  }));

test('a store that fails at work takes its process with it', () =>
  withStore(async ({ client, host, dataDir }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    await client.provision(
      owner,
      Array.from({ length: 1_000 }, (_, i) => `cam-${i}`),
    );
    const other = await openStore({ dataDir });
    await other.close();
    await writeFile(databaseFile(dataDir), Buffer.alloc(100_000, 0xaa));
    await writeFile(`${databaseFile(dataDir)}-wal`, '');
    const failed = assert.rejects(client.provision(owner, ['one more']), {
      code: 'ERR_STORE_OUTCOME_UNKNOWN',
    });
    assert.equal((await host.exited).kind, 'killed');
    await failed;
  }));
