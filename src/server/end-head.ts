import type { HttpResponse } from 'uWebSockets.js';

/**
 * Ends an answer to HEAD that says `contentLength` and has no body. `endWithoutBody(n)` of uWebSockets.js would leave
 * the response pending for every n but 0, and abort the process where no `onAborted` was set.
 */
export function endHead(res: HttpResponse, contentLength: number, close: boolean): void {
  if (close) res.writeHeader('Connection', 'close');
  res.writeHeader('Content-Length', String(contentLength));
  res.endWithoutBody();
}
