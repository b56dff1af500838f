// This file asks remote-proxy which devices have a tunnel.
import type { Writable } from 'node:stream';
import { CodedError } from '../actors/errors.js';
import { HttpProxyClient } from '../tunnel/remote/proxy-client.js';
import { ProxyClientStore } from '../tunnel/remote/proxy-client-store.js';
import { ProxyPool, type ProxyPoolOptions } from '../tunnel/remote/proxy-pool.js';
import { print } from './command.js';

/** The ids of the devices that have a tunnel; undefined: not known. */
export type DevicesOnline = ReadonlySet<string> | undefined;

/**
 * Asks remote-proxy, which owns the tunnels. If it cannot be asked, says why on `stderr`.
 * @param proxy undefined: there is no internal secret to ask with
 * @throws OutputError
 */
export async function devicesOnline(
  proxy: ProxyPoolOptions | undefined,
  stderr: Writable,
): Promise<DevicesOnline> {
  if (proxy === undefined) return undefined;
  const pool = new ProxyPool(proxy);
  try {
    const sessions = await new ProxyClientStore(new HttpProxyClient(pool)).list();
    return new Set(sessions.flatMap(({ deviceId }) => deviceId ?? []));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    await print(stderr, `visiona: who is online is not known: ${error.message} (${proxy.url.origin})\n`);
    return undefined;
  } finally {
    await pool.close();
  }
}
