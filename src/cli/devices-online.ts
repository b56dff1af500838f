// This file asks remote-proxy which devices have a tunnel.
import type { Writable } from 'node:stream';
import { CodedError } from '../actors/errors.js';
import { print } from './command.js';
import { type ProxyAccess, withProxySessions } from './compose/proxy-client.js';

/** The ids of the devices that have a tunnel; undefined: not known. */
export type DevicesOnline = ReadonlySet<string> | undefined;

/**
 * Asks remote-proxy, which owns the tunnels. If it cannot be asked, says why on `stderr`.
 * @param proxy undefined: there is no internal secret to ask with
 * @throws OutputError
 */
export async function devicesOnline(
  proxy: ProxyAccess | undefined,
  stderr: Writable,
): Promise<DevicesOnline> {
  if (proxy === undefined) return undefined;
  try {
    const sessions = await withProxySessions(proxy, (store) => store.list());
    return new Set(sessions.flatMap(({ deviceId }) => deviceId ?? []));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    await print(stderr, `visiona: who is online is not known: ${error.message} (${proxy.url.origin})\n`);
    return undefined;
  }
}
