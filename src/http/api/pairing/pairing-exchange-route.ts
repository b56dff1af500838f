// This route lets a device exchange its pairing token for a session token.
import { z } from 'zod';
import type { Pairing } from '../../../devices/pairing.js';
import { rateLimited } from '../../../limits/attempt-limit.js';
import type { Metrics } from '../../../observability/metrics.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { Readiness } from '../../../server/readiness.js';
import { jsonRoute } from '../../json-route.js';
import type { Route } from '../../route.js';
import { oneLine } from '../../schemas.js';

const attempt = z
  .strictObject({
    // Any value is accepted, or none: a value that is no token gets the same answer as a token that is not good (attack 40).
    token: z.unknown().optional().meta({ type: 'string', description: 'A pairing token, or its code' }),
    device: z.strictObject({ name: oneLine, model: oneLine, serial: oneLine.optional() }),
  })
  .meta({ id: 'PairingAttempt', description: 'A device that asks to be paired' });

const paired = z
  .object({
    deviceId: z.string(),
    sessionToken: z.string().describe('Opens the tunnel of the device; shown this once'),
    tunnelUrl: z.string().describe('What the device dials'),
  })
  .meta({ id: 'PairedDevice' });

/** The reason in the log: the answer does not say which of these it is, and the audit log tells the token's owner. */
const NOT_GOOD = 'the pairing code is unknown, used up, expired or revoked';

/** The parts of a process that the exchange of a pairing token uses. */
export interface PairingExchangeNeeds {
  readonly pairing: Pick<Pairing, 'exchange'>;
  readonly readiness: Pick<Readiness, 'draining'>;
  readonly metrics: Pick<Metrics, 'pairings' | 'limited'>;
  /** The URL that devices dial. */
  readonly tunnelUrl: URL;
}

/** The one route that a device calls (03-identity §3.4): its pairing token is its credential. */
export function pairingExchangeRoute({
  pairing,
  readiness,
  metrics,
  tunnelUrl,
}: PairingExchangeNeeds): Route {
  return jsonRoute(
    {
      access: 'public',
      method: 'POST',
      path: '/api/pairing/exchange',
      summary: 'A device trades its pairing token for its session token',
      body: attempt,
      answer: paired,
      problems: ['pairing-refused', 'limit-reached', 'rate-limited', 'store-unavailable', 'draining'],
    },
    async ({ body: { token, device }, remoteAddr, requestId }) => {
      // No pairing may begin now: if the end of the process cut its answer off, the token would be used up for nothing.
      if (readiness.draining) throw new ProblemError('draining');
      const { name, model, serial } = device;
      const outcome = await pairing.exchange({
        token,
        device: { name, model, ...(serial !== undefined && { serial }) },
        remoteAddr,
        requestId,
      });
      switch (outcome.kind) {
        case 'paired': {
          const { deviceId, sessionToken } = outcome;
          metrics.pairings.made += 1;
          return { deviceId, sessionToken, tunnelUrl: tunnelUrl.href };
        }
        case 'refused':
          metrics.pairings.refused += 1;
          throw new ProblemError('pairing-refused', { because: NOT_GOOD });
        case 'rate-limited':
          throw rateLimited(metrics, outcome.limit, outcome.retryAfterSeconds);
      }
    },
  );
}
