// `TrustedProxies` finds who a request comes from, also behind trusted proxies.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { BlockList, isIPv4 } from 'node:net';
import { normalAddress } from '../net/ip-address.js';
import { readRequestHeaders } from './request-headers.js';

/** How many proxies in a row are believed; addresses behind one more are not looked at. */
const MAX_PROXIES = 16;

/** An address in X-Forwarded-For. Some proxies write the port too, and put IPv6 in brackets. */
const HOP = /^(?:\[([^\]]*)\]|([\d.]*))(?::\d{1,5})?$/;

const FORWARDED_FOR = ['x-forwarded-for'];
const NO_NAMES: ReadonlySet<string> = new Set();

/** The address of a request's sender, then those of the proxies it came through, each as the next one saw it. Never empty. */
export type Hops = readonly [string, ...string[]];

/** The proxies in front of our listeners whose X-Forwarded-For is believed; by them it finds who a request comes from. */
export class TrustedProxies {
  readonly #ranges: BlockList;
  readonly #none: boolean;

  /** @param ranges the proxies' addresses; left out: there are no proxies */
  constructor(ranges = new BlockList()) {
    this.#ranges = ranges;
    this.#none = ranges.rules.length === 0;
  }

  /**
   * The addresses that are known to be true: the socket's; for a trusted proxy's socket the last of X-Forwarded-For, which
   * the proxy wrote; and so on to the first that is no trusted proxy's. Addresses left of that may be made up, and so may
   * all that stand left of a text that is no address.
   * @param forwardedFor all lines of X-Forwarded-For, between commas
   */
  hops(socketAddress: string, forwardedFor: string): Hops {
    const first = normalAddress(socketAddress);
    if (first === undefined) return [socketAddress];
    const hops: [string, ...string[]] = [first];
    let rest = forwardedFor;
    while (rest !== '' && hops.length <= MAX_PROXIES && this.#trusts(hops[0])) {
      const comma = rest.lastIndexOf(',');
      const hop = addressOf(rest.slice(comma + 1).trim());
      if (hop === undefined) break;
      hops.unshift(hop);
      rest = rest.slice(0, Math.max(comma, 0));
    }
    return hops;
  }

  /** The address of a request's sender, for limits and records. Reads `req` while it is live. */
  clientAddress(res: HttpResponse, req: HttpRequest): string {
    const forwardedFor = this.#none
      ? ''
      : readRequestHeaders(req, NO_NAMES, FORWARDED_FOR).getHeader('x-forwarded-for');
    return this.hops(socketAddressOf(res), forwardedFor)[0];
  }

  #trusts(address: string): boolean {
    return !this.#none && this.#ranges.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/** The address that was read last. It is kept because the next one is often the same: behind a proxy, or for one busy client. */
let lastBytes = new Uint8Array();
let lastText = '';

/** The address of a socket's other end, as uWebSockets.js writes it: IPv6 in full. */
export function socketAddressOf(res: HttpResponse): string {
  const bytes = new Uint8Array(res.getRemoteAddressAsText());
  if (!isLast(bytes)) {
    lastBytes = bytes.slice();
    lastText = Buffer.from(bytes).toString('latin1');
  }
  return lastText;
}

function isLast(bytes: Uint8Array): boolean {
  if (bytes.length !== lastBytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== lastBytes[i]) return false;
  return true;
}

function addressOf(hop: string): string | undefined {
  const [, v6, v4] = HOP.exec(hop) ?? [];
  return normalAddress(v6 ?? v4 ?? hop);
}
