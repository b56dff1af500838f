// An `Address` is where a listener binds; this file reads and writes it, and makes URLs of it.
import { isIPv6 } from 'node:net';

/** Where a listener binds. */
export interface Address {
  /** A host name or an IP address; IPv6 without brackets. */
  readonly host: string;
  /** The port; 0: any free one. */
  readonly port: number;
}

/** The highest port there is. */
export const MAX_PORT = 65_535;

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const LOOPBACK_V4 = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i;
/** The wildcard addresses, each of which stands for all addresses of this machine, and the loopback address that reaches it. */
const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Reads `host:port` or `[ipv6]:port`; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, v6, name, digits] = match;
  const port = Number(digits);
  if (port > MAX_PORT) return undefined;
  if (v6 !== undefined) return isIPv6(v6) ? { host: v6, port } : undefined;
  return name !== undefined && HOST_NAME.test(name) ? { host: name, port } : undefined;
}

/** Whether a listener on `host` takes connections at every address of this machine. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

/** Whether `host` can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === '::1' || bare === 'localhost' || bare.endsWith('.localhost') || LOOPBACK_V4.test(bare);
}

/** The address as it is written in the configuration: `host:port`, IPv6 in brackets. */
export function formatAddress(address: Address): string {
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/**
 * A URL that reaches a listener from this machine; the wildcards 0.0.0.0 and :: become loopback.
 * @param port the port that was bound, where the configured one is 0
 */
export function urlOf(scheme: 'http' | 'ws', address: Address, port = address.port): string {
  return `${scheme}://${formatAddress({ host: WILDCARDS.get(address.host) ?? address.host, port })}`;
}

/**
 * The address is taken, or not ours to bind. The error is defined here, not beside the listeners, because threads without
 * uWebSockets.js need it too.
 */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'ERR_LISTEN';
  readonly address: Address;

  /** @param setting the setting that the address comes from, if known */
  constructor(address: Address, setting?: string) {
    super(
      `cannot listen on ${address.host}:${address.port}: it is taken by another process, such as a visiona that runs already, or not an address of this machine${setting === undefined ? '' : `; ${setting} sets it`}`,
    );
    this.address = address;
  }
}
