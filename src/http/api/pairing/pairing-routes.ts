// These routes make, list and revoke a user's pairing tokens, and let devices exchange them.
import { z } from 'zod';
import { PAIRING_TTL, PAIRING_USES, type Pairing } from '../../../devices/pairing.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { PairingTokenId } from '../../../store/ports/ids.js';
import type { PairingPort } from '../../../store/ports/pairing.js';
import { jsonRoute } from '../../json-route.js';
import type { Route } from '../../route.js';
import { cursorAt, id, oneLine, pageQuery, pageSchema, time } from '../../schemas.js';
import { type PairingExchangeNeeds, pairingExchangeRoute } from './pairing-exchange-route.js';

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

const madeToken = z
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

const pairingTokenPage = pageSchema('PairingTokenPage', pairingToken);

/** The parts of a process that the routes of pairing use. */
export interface PairingNeeds extends PairingExchangeNeeds {
  readonly pairing: Pick<Pairing, 'exchange' | 'mint'>;
  readonly store: Pick<PairingPort, 'listPairingTokens' | 'revokePairingToken'>;
}

/** The routes of pairing (04-rest-api, rows 5 to 7, and the exchange). */
export function pairingRoutes(needs: PairingNeeds): readonly Route[] {
  const { pairing, store } = needs;
  return [
    pairingExchangeRoute(needs),
    jsonRoute(
      {
        access: 'user',
        method: 'POST',
        path: '/api/pairing/tokens',
        summary: 'A new pairing token, shown once. There may be several',
        body: wanted,
        answer: madeToken,
        status: 201,
        problems: ['limit-reached'],
      },
      ({ body, remoteAddr, requestId }, { userId }) => pairing.mint(userId, body, { remoteAddr, requestId }),
    ),
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/pairing/tokens',
        summary: 'My pairing tokens and what became of them',
        query: z.strictObject(pageQuery),
        answer: pairingTokenPage,
      },
      async ({ query: { limit, cursor } }, { userId }) => {
        const after = cursor as PairingTokenId | undefined;
        const { items, next } = await store.listPairingTokens(userId, {
          limit,
          ...(after !== undefined && { after }),
        });
        return { items: [...items], ...(next !== undefined && { nextCursor: cursorAt(next) }) };
      },
    ),
    jsonRoute(
      {
        access: 'user',
        method: 'DELETE',
        path: '/api/pairing/tokens/{tokenId}',
        summary: 'Revokes a pairing token that may be used',
        params: z.object({ tokenId: id<PairingTokenId>() }),
      },
      async ({ params: { tokenId }, remoteAddr, requestId }, { userId }) => {
        const revoked = await store.revokePairingToken(userId, tokenId, { remoteAddr, requestId });
        if (!revoked) throw new ProblemError('not-found');
        return undefined;
      },
    ),
  ];
}
