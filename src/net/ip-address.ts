// IP addresses and ranges of them are compared here in one normal form.

import type { BlockList } from 'node:net';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MALFORMED =
  'is neither an IP address nor a CIDR range; write it like 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32';
const EVERYBODY = 'is every address, so that any caller could claim to be another; list your proxies alone';

/** An IPv4 address as a listener on `::` sees it (RFC 4291 §2.5.5.2), in normal form. */
const MAPPED = /^::ffff:(?=\d+\.)/;

/**
 * The normal form of an IP address: IPv4, also for one mapped into IPv6; IPv6 in its shortest form. Undefined: `text` is no
 * IP address.
 */
export function normalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // An address with a zone has a meaning on its own machine only.
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address.replace(MAPPED, '');
}

/** One customer's network: an IPv6 address's /64, and an IPv4 address itself. @param address in normal form */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('::');
  const groups = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const after = right === '' ? [] : right.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups.slice(0, 4).join(':');
}

/**
 * Adds an IP address or a CIDR range, as `10.0.0.7` or `2001:db8::/32`.
 * @returns the fault in the text; undefined: there is none
 */
export function addRange(ranges: BlockList, text: string): string | undefined {
  const [, written = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = normalAddress(written);
  if (address === undefined) return MALFORMED;
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (digits === undefined) {
    ranges.addAddress(address, family);
    return undefined;
  }
  const prefix = Number(digits);
  // The prefix of an IPv4 address that is mapped into IPv6 is ambiguous: it may count the bits of either form.
  const mapped = family === 'ipv4' && isIPv6(written);
  if (mapped || prefix > (family === 'ipv4' ? 32 : 128)) return MALFORMED;
  if (prefix === 0) return EVERYBODY;
  ranges.addSubnet(address, prefix, family);
  return undefined;
}
