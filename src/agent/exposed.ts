const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether what goes to `url` can be read on the way. */
export function isExposed({ protocol, hostname }: URL): boolean {
  return (protocol === 'ws:' || protocol === 'http:') && !LOOPBACK.test(hostname);
}
