// This file registers the client of remote-proxy: api-server has it for its calls, and a command for one question.
import type { DependencyContainer } from 'tsyringe';
import type { Secret } from '../../text/secret.js';
import { HttpProxyClient } from '../../tunnel/remote/proxy-client.js';
import { ProxyClientStore } from '../../tunnel/remote/proxy-client-store.js';
import { ProxyPool } from '../../tunnel/remote/proxy-pool.js';
import { createContainer, provide } from './provide.js';
import { T } from './tokens.js';

/** Where remote-proxy's internal API is, and the secret that it asks for. */
export interface ProxyAccess {
  readonly url: URL;
  readonly secret: Secret;
}

/** Registers the connections to remote-proxy, the client over them, and the sessions that the client sees. */
export function provideProxyClient(c: DependencyContainer, { url, secret }: ProxyAccess): void {
  c.registerInstance(T.proxyUrl, url);
  c.registerInstance(T.internalSecret, secret);
  provide(c, T.proxyPool, ProxyPool, [{ url: T.proxyUrl, secret: T.internalSecret }]);
  provide(c, T.proxyClient, HttpProxyClient, [T.proxyPool]);
  provide(c, T.proxyClientStore, ProxyClientStore, [T.proxyClient]);
}

/** Gives `use` the sessions of remote-proxy, for a command; closes the connections when `use` has ended. @throws what `use` threw */
export async function withProxySessions<Result>(
  access: ProxyAccess,
  use: (sessions: ProxyClientStore) => Promise<Result>,
): Promise<Result> {
  const c = createContainer();
  provideProxyClient(c, access);
  try {
    return await use(c.resolve(T.proxyClientStore));
  } finally {
    await c.resolve(T.proxyPool).close();
  }
}
