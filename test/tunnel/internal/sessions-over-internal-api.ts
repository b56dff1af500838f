// `openSessionsOverInternalApi` serves the sessions of a fixture over a real internal API, and opens api-server's client of it.
import { Metrics } from '../../../src/observability/metrics.js';
import { BridgedSockets } from '../../../src/server/bridged-sockets.js';
import { CallRecorder } from '../../../src/server/call-recorder.js';
import { Readiness, TUNNEL_DUTIES } from '../../../src/server/readiness.js';
import { Secret } from '../../../src/text/secret.js';
import { InternalApi } from '../../../src/tunnel/internal/internal-api.js';
import { SessionRoutes } from '../../../src/tunnel/internal/session-routes.js';
import { LocalUserSessions } from '../../../src/tunnel/registry/user-sessions.js';
import { HttpProxyClient } from '../../../src/tunnel/remote/proxy-client.js';
import { ProxyPool } from '../../../src/tunnel/remote/proxy-pool.js';
import { FakeForwarder } from '../../http/kit.js';
import { silentRequests } from '../../support/silent-requests.js';
import type { SessionFixture } from '../session/main/fixtures.js';

/** The secret of the internal API. */
export const SECRET = new Secret('0123456789abcdef0123456789abcdef');

/** @returns where it listens, the client, and what closes both and the fixture */
export async function openSessionsOverInternalApi(
  fixture: SessionFixture,
): Promise<{ url: URL; client: HttpProxyClient; close(): Promise<void> }> {
  const internal = new InternalApi({
    address: { host: '127.0.0.1', port: 0 },
    secret: SECRET,
    sessions: new SessionRoutes(fixture.store, new LocalUserSessions(fixture.registry, fixture.store)),
    sockets: new BridgedSockets(),
    forwarder: new FakeForwarder(),
    calls: new CallRecorder(new Metrics()),
    requests: silentRequests(),
    readiness: new Readiness(TUNNEL_DUTIES, () => Promise.resolve({})),
    exposition: { contentType: 'text/plain', text: () => Promise.resolve('') },
  });
  await internal.start();
  const url = new URL(`http://127.0.0.1:${internal.port}`);
  const pool = new ProxyPool({ url, secret: SECRET });
  return {
    url,
    client: new HttpProxyClient(pool),
    close: async () => {
      await pool.close();
      internal.close();
      await fixture.close();
    },
  };
}
