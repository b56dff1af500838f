import { z } from 'zod';
import { rateLimited } from '../../../limits/rate-limited.js';
import { ProblemError } from '../../../problems/problem-error.js';
import { publicRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';
import { oneLine } from '../../schemas.js';

const attempt = z
  .strictObject({
    // Of any kind, and also absent: what is no token is refused like one that is not good (attack 40).
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

/** For the log: which it is nobody is told, and whom it concerns has it in the audit log. */
const NOT_GOOD = 'the pairing code is unknown, used up, expired or revoked';

/** The one route that a device calls (03-identity §3.4): its pairing token is its credential. */
export const pairingExchangeRoute: JsonRoute = publicRoute(
  {
    method: 'POST',
    path: '/api/pairing/exchange',
    summary: 'A device trades its pairing token for its session token',
    body: attempt,
    answer: paired,
    problems: ['pairing-refused', 'limit-reached', 'rate-limited', 'store-unavailable', 'draining'],
  },
  async ({ body: { token, device }, remoteAddr, requestId }, services) => {
    // A pairing that is done and whose answer is cut off by the end of the process has used up the token.
    if (services.readiness.draining) throw new ProblemError('draining');
    const { name, model, serial } = device;
    const outcome = await services.pairing.exchange({
      token,
      device: { name, model, ...(serial !== undefined && { serial }) },
      remoteAddr,
      requestId,
    });
    switch (outcome.kind) {
      case 'paired': {
        const { deviceId, sessionToken } = outcome;
        services.metrics.pairings.made += 1;
        return { deviceId, sessionToken, tunnelUrl: services.tunnelUrl.href };
      }
      case 'refused':
        services.metrics.pairings.refused += 1;
        throw new ProblemError('pairing-refused', { because: NOT_GOOD });
      case 'rate-limited':
        throw rateLimited(services.metrics, outcome.limit, outcome.retryAfterSeconds);
    }
  },
);
