import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * Addresses for a remote-proxy that is to be killed and started again on them: a port that was bound as 0 cannot be
 * bound again while connections of the dead process linger (uWebSockets.js sets SO_REUSEADDR for a given port only).
 */
export async function fixedAddresses(): Promise<Record<string, string>> {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')];
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [tunnel, internal] = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return { VISIONA_TUNNEL_ADDR: tunnel ?? '', VISIONA_INTERNAL_ADDR: internal ?? '' };
}
