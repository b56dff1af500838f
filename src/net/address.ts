import { isIPv6 } from 'node:net';

/** Where a listener binds: a host name or IP address (IPv6 without brackets) and a port, 0 for any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export const MAX_PORT = 65_535;

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const LOOPBACK_V4 = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i;
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

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
  return `${scheme}://${formatAddress({ host: WILDCARDS[address.host] ?? address.host, port })}`;
}

/** Where a listener is bound. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}
