import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import type { TunnelKey } from '../../../src/contract/tunnel-key.js';
import { tunnelKey } from '../../../src/contract/tunnel-key.js';
import { Secret } from '../../../src/text/secret.js';
import { SLICE } from '../../../src/tunnel/registry/session-registry.js';
import { HttpProxyClient } from '../../../src/tunnel/remote/proxy-client.js';
import { ProxyClientStore } from '../../../src/tunnel/remote/proxy-client-store.js';
import { ProxyPool } from '../../../src/tunnel/remote/proxy-pool.js';
import { sessionStoreContract } from '../../contract/session-store.js';
import { openSessionsOverInternalApi, SECRET } from '../internal/sessions-over-internal-api.js';
import { SessionFixture } from '../session/main/fixtures.js';

/** Remote-proxy's store behind its internal API, and api-server's view of it. */
async function open() {
  const fixture = new SessionFixture();
  const tunnels = new Map<TunnelKey, Awaited<ReturnType<SessionFixture['connect']>>>();
  const { url, client, close } = await openSessionsOverInternalApi(fixture);
  return {
    url,
    fixture,
    client,
    store: new ProxyClientStore(client),
    connect: async (device: string) => {
      const tunnel = await fixture.connect(device);
      tunnels.set(tunnel.token, tunnel);
      return tunnel.token;
    },
    expire: () => {
      fixture.now += 91_000;
    },
    disconnect: async (token: TunnelKey) => {
      const session = tunnels.get(token)!.session;
      session.disconnected();
      await fixture.store.unregister(token, session);
    },
    close,
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

sessionStoreContract('ProxyClientStore', open);

const it = (what: string, body: (it: Opened) => Promise<void>): void => {
  test(`ProxyClientStore: ${what}`, async () => {
    const opened = await open();
    try {
      await body(opened);
    } finally {
      await opened.close();
    }
  });
};

it('a list that is made in slices is whole', async ({ store, connect }) => {
  const devices = Array.from({ length: 2 * SLICE + 1 }, (_, i) => `device ${i}`);
  for (const device of devices) await connect(device);
  assert.deepEqual(
    (await store.list()).map(({ deviceId }) => deviceId),
    devices,
  );
});

it('writes are ERR_NOT_SUPPORTED, and so is a stream', async ({ store, connect }) => {
  const handle = await store.lookup(await connect('camera'));
  const refused = { code: 'ERR_NOT_SUPPORTED' };
  for (const write of ['register', 'unregister', 'heartbeat', 'cleanupExpired'] as const) {
    await assert.rejects(store[write](), refused);
  }
  await assert.rejects(handle.openStream(), refused);
  assert.throws(() => handle.recordHeartbeat(), refused);
});

it('an expired session still exists', async ({ store, connect, expire }) => {
  const token = await connect('camera');
  expire();
  assert.equal(await store.exists(token), true);
});

it('closing twice, or what is gone, is no error', async ({ store, connect, disconnect }) => {
  const token = await connect('camera');
  const [first, second] = [await store.lookup(token), await store.lookup(token)];
  await disconnect(token);
  await first.close();
  await first.close();
  assert.equal(first.isClosed(), true);
  await second.close();
});

it('closing a handle leaves the session that replaced it', async ({ store, fixture }) => {
  const old = await fixture.connect('camera', 1);
  const handle = await store.lookup(old.token);
  const newer = await fixture.connect('camera', 2);
  await handle.close();
  assert.equal(newer.session.isClosed(), false);
  assert.equal((await store.lookup(newer.token)).summary().epoch, 2);
});

it('closeSession of nothing is ERR_SESSION_NOT_FOUND', async ({ client }) => {
  await assert.rejects(client.closeSession(tunnelKey('nobody')), { code: 'ERR_SESSION_NOT_FOUND' });
});

it('another secret is ERR_PROXY_REFUSED', async ({ url }) => {
  const pool = new ProxyPool({ url, secret: new Secret('another secret of thirty-two bytes') });
  const client = new HttpProxyClient(pool);
  try {
    await assert.rejects(client.listSessions(), { code: 'ERR_PROXY_REFUSED' });
    await assert.rejects(client.ready(), { code: 'ERR_PROXY_REFUSED' });
  } finally {
    await pool.close();
  }
});

it('ready resolves when remote-proxy is', async ({ client }) => {
  assert.equal(await client.ready(), true);
});

test('D1: a close that is sent and gets no answer may have been done: ERR_PROXY_BROKE_OFF', async () => {
  const server = createServer((req) => req.socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const pool = new ProxyPool({ url, secret: SECRET });
  const client = new HttpProxyClient(pool);
  await assert.rejects(client.closeSession(tunnelKey('t')), { code: 'ERR_PROXY_BROKE_OFF' });
  await assert.rejects(client.listSessions(), { code: 'ERR_PROXY_UNREACHABLE' });
  server.close();
  await once(server, 'close');
  // Nobody there: nothing was sent.
  await assert.rejects(client.closeSession(tunnelKey('t')), { code: 'ERR_PROXY_UNREACHABLE' });
  await pool.close();
});

test('a proxy that is not there is ERR_PROXY_UNREACHABLE', async () => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const pool = new ProxyPool({ url: new URL(`http://127.0.0.1:${port}`), secret: SECRET });
  const client = new HttpProxyClient(pool);
  const store = new ProxyClientStore(client);
  try {
    const unreachable = { code: 'ERR_PROXY_UNREACHABLE' };
    await assert.rejects(store.lookup(tunnelKey('x')), unreachable);
    await assert.rejects(store.exists(tunnelKey('x')), unreachable);
    await assert.rejects(store.list(), unreachable);
  } finally {
    await pool.close();
  }
});

for (const [what, answer] of [
  ['says nothing', undefined],
  ['answers HTML', '<html>'],
  ['answers another object', '{"items":[{"token":1}]}'],
] as const) {
  test(`a proxy that ${what} is ERR_PROXY_UNREACHABLE`, async () => {
    const server = createServer((_req, res) => answer !== undefined && res.end(answer)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}`);
    const pool = new ProxyPool({ url, secret: SECRET, answerMs: 50 });
    const client = new HttpProxyClient(pool);
    try {
      await assert.rejects(client.listSessions(), { code: 'ERR_PROXY_UNREACHABLE' });
    } finally {
      await pool.close();
      server.closeAllConnections();
      server.close();
    }
  });
}
