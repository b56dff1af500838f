import type { RequestListener } from 'node:http';
import requestContext from 'oidc-provider/lib/helpers/als.js';

/**
 * Ends what oidc-provider's AsyncLocalStorage does to this thread whenever no request to it is under way. Its first use
 * switches on hooks for every promise and callback of the thread, for good: calls to devices, which have nothing to do with
 * it, cost a tenth more. The next request switches it on again.
 */
export function quietBetweenRequests(listener: RequestListener): RequestListener {
  let underWay = 0;
  return (request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      if (underWay === 0) requestContext.disable();
    });
    listener(request, response);
  };
}
