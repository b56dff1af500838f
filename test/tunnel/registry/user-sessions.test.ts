import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UserSessions } from '../../../src/contract/session.js';
import type { UserId } from '../../../src/store/ports/ids.js';
import { LocalUserSessions } from '../../../src/tunnel/registry/user-sessions.js';
import { ProxyClientStore, ProxyUserSessions } from '../../../src/tunnel/remote/proxy-client-store.js';
import { FakeSessions } from '../../http/fake-sessions.js';
import { openSessionsOverInternalApi, SECRET } from '../internal/sessions-over-internal-api.js';
import { INIT, SessionFixture } from '../session/main/fixtures.js';

interface Opened {
  readonly sessions: UserSessions;
  connect(device: string, epoch?: number, user?: string): Promise<unknown>;
  close(): Promise<void>;
}

interface OpenedRegistry extends Opened {
  readonly fixture: SessionFixture;
  /** Undefined: nothing is in between. */
  readonly url?: URL;
}

async function local(): Promise<OpenedRegistry> {
  const fixture = new SessionFixture();
  const sessions = new LocalUserSessions(fixture.registry, fixture.store);
  const connect: Opened['connect'] = (device, epoch, user) => fixture.connect(device, epoch, undefined, user);
  return { fixture, sessions, connect, close: () => fixture.close() };
}

/** The sessions of the proxy as api-server sees them. */
async function overInternalApi(): Promise<OpenedRegistry> {
  const { fixture, connect } = await local();
  const { url, client, close } = await openSessionsOverInternalApi(fixture);
  return { fixture, url, connect, sessions: new ProxyUserSessions(new ProxyClientStore(client)), close };
}

/** The fake that tests of the REST API use. */
async function fake(): Promise<Opened> {
  const sessions = new FakeSessions();
  return {
    sessions,
    connect: async (device, epoch, user = 'user') => sessions.connect(user as UserId, device, epoch),
    close: () => Promise.resolve(),
  };
}

/** Makes the tests of one implementation, each with sessions of its own. */
function testsOf<Under extends Opened>(name: string, open: () => Promise<Under>) {
  return (what: string, body: (opened: Under) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });
  };
}

async function devices({ sessions }: Opened, user: string, range = {}) {
  return (await sessions.list(user, { limit: 10, ...range })).map(({ deviceId }) => deviceId);
}

for (const [name, open] of [
  ['LocalUserSessions', local],
  ['ProxyUserSessions', overInternalApi],
  ['FakeSessions', fake],
] as const) {
  const it = testsOf<Opened>(name, open);

  it("only a user's own sessions are seen, in the order of their devices", async (opened) => {
    for (const device of ['c', 'a', 'b']) await opened.connect(device, 1, 'alice&limit=1');
    await opened.connect('x', 1, 'bob');
    assert.deepEqual(await devices(opened, 'alice&limit=1'), ['a', 'b', 'c']);
    assert.deepEqual(await devices(opened, 'bob'), ['x']);
    for (const nobody of ['', 'alice', '../bob', '__proto__'])
      assert.deepEqual(await devices(opened, nobody), []);
  });

  it('a range has both its ends, and no more than its limit', async (opened) => {
    for (const device of ['a', 'b', 'c', 'd']) await opened.connect(device);
    assert.deepEqual(await devices(opened, 'user', { from: 'b', upTo: 'c' }), ['b', 'c']);
    assert.deepEqual(await devices(opened, 'user', { from: 'c', upTo: 'c' }), ['c']);
    assert.deepEqual(await devices(opened, 'user', { from: 'bb' }), ['c', 'd']);
    assert.deepEqual(await devices(opened, 'user', { limit: 3 }), ['a', 'b', 'c']);
  });

  it('closing closes that session and no newer one; twice is as good as once', async (opened) => {
    const { sessions } = opened;
    await opened.connect('a', 1);
    const [summary] = await sessions.list('user', { limit: 1 });
    assert.ok(summary !== undefined);
    await sessions.close(summary);
    await sessions.close(summary);
    assert.deepEqual(await devices(opened, 'user'), []);
    await opened.connect('a', 2);
    await sessions.close(summary);
    assert.deepEqual(await devices(opened, 'user'), ['a']);
  });
}

for (const [name, open] of [
  ['LocalUserSessions', local],
  ['ProxyUserSessions', overInternalApi],
] as const) {
  const it = testsOf(name, open);

  it('what a session says of itself arrives as it is', async ({ fixture, sessions }) => {
    const { session } = await fixture.connect('a');
    assert.deepEqual(await sessions.list('user', { limit: 1 }), [session.summary()]);
  });

  it('sessions that are gone, replaced or silent are not there', async (opened) => {
    const { fixture } = opened;
    const lost = await fixture.connect('lost');
    await fixture.connect('replaced', 1);
    await fixture.connect('replaced', 2);
    const removed = await fixture.connect('removed');
    lost.session.disconnected();
    await fixture.store.unregister(removed.token, removed.session);
    assert.deepEqual(await devices(opened, 'user'), ['replaced']);
    fixture.now += 2 * INIT.idleTimeoutMs;
    assert.deepEqual(await devices(opened, 'user'), []);
    await fixture.store.cleanupExpired(INIT.idleTimeoutMs);
    assert.deepEqual(await devices(opened, 'user'), []);
  });

  it('closing a session ends its tunnel, and no newer one', async ({ fixture, sessions }) => {
    const first = await fixture.connect('a', 1);
    const [summary] = await sessions.list('user', { limit: 1 });
    assert.ok(summary !== undefined);
    await sessions.close(summary);
    assert.ok(first.session.isClosed());
    const second = await fixture.connect('a', 2);
    await sessions.close(summary);
    assert.ok(!second.session.isClosed());
  });
}

test('a limit that is none is refused by the internal API', async () => {
  const { url, close } = await overInternalApi();
  try {
    for (const limit of ['', '0', '-1', '1.5', 'x', '1001']) {
      const headers = { authorization: `Bearer ${SECRET.reveal()}` };
      const answer = await fetch(new URL(`/internal/sessions?user=a&limit=${limit}`, url), { headers });
      assert.equal(answer.status, 400, limit);
    }
  } finally {
    await close();
  }
});
