import { z } from 'zod';
import { newPairingCode, newPairingToken } from '../auth/pairing-token.js';
import { hashToken, type PairingTokenId } from '../store/ids.js';
import { userRoute } from './json-route.js';
import { ProblemError } from './problem-error.js';
import type { JsonRoute } from './route.js';
import { cursorAt, deviceName, id, pageOf, pageQuery, time } from './schemas.js';
import { registryOf } from './services.js';

/** How long a pairing token lives, in seconds. */
const TTL = { min: 30, max: 3600, default: 600 };

const wanted = z
  .strictObject({
    name: deviceName.optional().describe('Of the device; it may say one of its own otherwise'),
    ttlSeconds: z.int().min(TTL.min).max(TTL.max).default(TTL.default),
    form: z
      .enum(['token', 'code'])
      .default('token')
      .describe('`code`: ten characters that a person can type'),
  })
  .meta({ id: 'NewPairingToken' });

const made = z
  .object({ tokenId: z.string(), token: z.string().describe('Shown this once'), expiresAt: time })
  .meta({ id: 'MadePairingToken' });

const pairingToken = z
  .object({
    tokenId: z.string(),
    name: z.string().optional(),
    state: z.enum(['pending', 'used', 'expired', 'revoked']),
    createdAt: time,
    expiresAt: time,
    deviceId: z.string().optional().describe('The device that was paired with it'),
  })
  .meta({ id: 'PairingToken' });

/** Pairing tokens (04-rest-api, rows 5 to 7). */
export const pairingRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'POST',
      path: '/api/pairing/tokens',
      summary: 'A new pairing token, shown once. My older one that was not used is void',
      body: wanted,
      answer: made,
      status: 201,
    },
    async ({ body: { name, ttlSeconds, form } }, { userId }, services) => {
      const token = form === 'code' ? newPairingCode() : newPairingToken();
      const expiresAt = services.now() + ttlSeconds * 1000;
      const hash = hashToken(token);
      const tokenId = await registryOf(services).addPairingToken(userId, {
        hash,
        expiresAt,
        ...(name !== undefined && { name }),
      });
      return { tokenId, token, expiresAt };
    },
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/pairing/tokens',
      summary: 'My pairing tokens and what became of them',
      query: z.strictObject(pageQuery),
      answer: pageOf('PairingTokenPage', pairingToken),
    },
    async ({ query: { limit, cursor } }, { userId }, services) => {
      const after = cursor as PairingTokenId | undefined;
      const { items, next } = await registryOf(services).listPairingTokens(userId, {
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
      summary: 'Revokes a pairing token that was not used',
      params: z.object({ tokenId: id<PairingTokenId>() }),
    },
    async ({ params: { tokenId } }, { userId }, services) => {
      if (!(await registryOf(services).revokePairingToken(userId, tokenId)))
        throw new ProblemError('not-found');
      return undefined;
    },
  ),
];
