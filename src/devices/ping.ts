import type { Forwarder } from '../contract/call.js';
import { ProblemError } from '../problems/problem-error.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/**
 * How long a request to the device takes, in ms: through the tunnel, the device's own service, and back. Any answer
 * counts, whatever its status.
 * @throws ProblemError as a call to the device is answered
 */
export function ping(
  forwarder: Forwarder,
  deviceId: DeviceId,
  caller: { readonly userId: UserId; readonly requestId: string },
): Promise<number> {
  const startedAt = performance.now();
  const headers = ['host', 'device', 'x-request-id', caller.requestId, 'x-visiona-user', caller.userId];
  return new Promise((resolve, reject) => {
    forwarder.forward(
      { by: 'device', deviceId, owner: caller.userId },
      { method: 'HEAD', target: '/', headers, bodyLength: 0 },
      {
        head: () => resolve(performance.now() - startedAt),
        fail: ({ code, detail }) => reject(new ProblemError(code, { detail })),
        // An answer to HEAD has no body, and the request had none.
        data() {},
        end() {},
        credit() {},
      },
    );
  });
}
