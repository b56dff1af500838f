import { z } from 'zod';
import { PAIRING_TTL, PAIRING_USES } from '../../../devices/pairing.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { PairingTokenId } from '../../../store/ports/ids.js';
import { userRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';
import { cursorAt, id, oneLine, pageQuery, pageSchema, time } from '../../schemas.js';

const wanted = z
  .strictObject({
    name: oneLine
      .exactOptional()
      .describe('Of the device, followed by a number if there are several; otherwise it says one of its own'),
    uses: z
      .int()
      .min(PAIRING_USES.min)
      .max(PAIRING_USES.max)
      .default(PAIRING_USES.default)
      .describe('How many devices it is for'),
    ttlSeconds: z.int().min(PAIRING_TTL.min).max(PAIRING_TTL.max).default(PAIRING_TTL.default),
  })
  .meta({ id: 'NewPairingToken' });

const made = z
  .object({
    tokenId: z.string(),
    token: z.string().describe('For programs. Shown this once'),
    code: z.string().describe('The same for people, who may type it in any case. Shown this once'),
    uses: z.int(),
    expiresAt: time,
  })
  .meta({ id: 'MadePairingToken' });

const pairingToken = z
  .object({
    tokenId: z.string(),
    name: z.string().optional(),
    state: z.enum(['pending', 'used', 'expired', 'revoked']),
    uses: z.int().describe('How many devices it is for'),
    used: z.int().describe('How many it has paired'),
    createdAt: time,
    expiresAt: time,
    deviceId: z.string().optional().describe('The device that was paired with it last'),
  })
  .meta({ id: 'PairingToken' });

/** Pairing tokens (04-rest-api, rows 5 to 7). */
export const pairingRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'POST',
      path: '/api/pairing/tokens',
      summary: 'A new pairing token, shown once. There may be several',
      body: wanted,
      answer: made,
      status: 201,
      problems: ['limit-reached'],
    },
    ({ body, remoteAddr, requestId }, { userId }, services) =>
      services.pairing.mint(userId, body, { remoteAddr, requestId }),
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/pairing/tokens',
      summary: 'My pairing tokens and what became of them',
      query: z.strictObject(pageQuery),
      answer: pageSchema('PairingTokenPage', pairingToken),
    },
    async ({ query: { limit, cursor } }, { userId }, services) => {
      const after = cursor as PairingTokenId | undefined;
      const { items, next } = await services.store.listPairingTokens(userId, {
        limit,
        ...(after !== undefined && { after }),
      });
      return { items: [...items], ...(next !== undefined && { nextCursor: cursorAt(next) }) };
    },
  ),
  userRoute(
    {
      method: 'DELETE',
      path: '/api/pairing/tokens/{tokenId}',
      summary: 'Revokes a pairing token that may be used',
      params: z.object({ tokenId: id<PairingTokenId>() }),
    },
    async ({ params: { tokenId }, remoteAddr, requestId }, { userId }, { store }) => {
      const revoked = await store.revokePairingToken(userId, tokenId, { remoteAddr, requestId });
      if (!revoked) throw new ProblemError('not-found');
      return undefined;
    },
  ),
];
