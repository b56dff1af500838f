import type { RestConfig } from '../config/types.js';
import { isLoopback } from '../net/address.js';
import type { Logger } from '../observability/log.js';

/** What devices are told to dial when they are paired. @param bound where the tunnel listens, as far as is known */
export function dialledUrl({ tunnelUrl, publicUrl }: RestConfig, bound: string, log: Logger): URL {
  const url = tunnelUrl ?? new URL(bound);
  if (publicUrl !== undefined && !isLoopback(publicUrl.hostname) && isLoopback(url.hostname)) {
    log.warn(
      { tunnelUrl: url.href },
      'devices that are paired will dial themselves: set VISIONA_TUNNEL_URL to what reaches remote-proxy from outside',
    );
  }
  return url;
}
