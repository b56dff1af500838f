import { z } from 'zod';
import { ProblemError } from '../../../problems/problem-error.js';
import { PARTS, PARTS_RULE, partsOf, readyBody, unreadyDetail } from '../../../server/readiness.js';
import { publicRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';

/** The parts that must work for a good answer, between commas. Left out: those that the process is of no use without. */
const parts = z
  .string()
  .refine((text) => partsOf(text) !== undefined, { message: PARTS_RULE })
  .transform((text) => partsOf(text) ?? []);

/** What is asked about the service itself. */
export const serviceRoutes: readonly JsonRoute[] = [
  publicRoute(
    {
      method: 'GET',
      path: '/api/health',
      summary: 'Whether the process lives',
      answer: z.object({ status: z.literal('up') }).meta({ id: 'Health' }),
    },
    async () => ({ status: 'up' as const }),
  ),
  publicRoute(
    {
      method: 'GET',
      path: '/api/ready',
      summary: 'Whether it can serve, what works and what is missing',
      query: z.object({ parts: parts.optional() }),
      answer: z
        .object({
          status: z.enum(['ready', 'degraded']),
          works: z.array(z.enum(PARTS)),
          missing: z.array(z.object({ part: z.enum(PARTS), code: z.string() })),
        })
        .meta({ id: 'Ready' }),
      problems: ['draining', 'store-unavailable', 'store-read-only', 'proxy-unreachable', 'overloaded'],
    },
    async ({ query }, { readiness }) => {
      const report = await readiness.report(query.parts);
      if (report.status !== 'unready') return { ...readyBody(report), status: report.status };
      throw new ProblemError(report.why ?? 'internal', { detail: unreadyDetail(report), unready: true });
    },
  ),
];
