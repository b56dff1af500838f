import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An IPv4 address as a listener on `::` sees it (RFC 4291 §2.5.5.2), in normal form. */
const MAPPED = /^::ffff:(?=\d+\.)/;

/** The one way to write an IP address: IPv4, also where it is mapped into IPv6; IPv6 in its shortest form. Undefined: it is none. */
export function normalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // A zone says something on its own machine alone.
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
