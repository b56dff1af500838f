import { type BlockList, isIPv4, isIPv6 } from 'node:net';
import { normalAddress } from './ip-address.js';

const MALFORMED =
  'is neither an IP address nor a CIDR range; write it like 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32';
const EVERYBODY = 'is every address, so that any caller could claim to be another; list your proxies alone';

/**
 * Adds an IP address or a CIDR range, as `10.0.0.7` or `2001:db8::/32`.
 * @returns what is wrong with it, if anything
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
  // Of IPv4 that is mapped into IPv6 nobody knows which bits are meant.
  const mapped = family === 'ipv4' && isIPv6(written);
  if (mapped || prefix > (family === 'ipv4' ? 32 : 128)) return MALFORMED;
  if (prefix === 0) return EVERYBODY;
  ranges.addSubnet(address, prefix, family);
  return undefined;
}
