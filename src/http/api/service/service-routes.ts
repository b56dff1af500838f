// These routes tell whether the service lives, and whether it can serve.
import { z } from 'zod';
import { ProblemError } from '../../../problems/problem-error.js';
import {
  PARTS,
  PARTS_RULE,
  partsOf,
  type Readiness,
  readyBody,
  unreadyDetail,
} from '../../../server/readiness.js';
import { jsonRoute } from '../../json-route.js';
import type { Route } from '../../route.js';

/**
 * The parts that must work for the answer 200, separated by commas. Absent: those without which the process cannot serve at all.
 */
const parts = z
  .string()
  .refine((text) => partsOf(text) !== undefined, { message: PARTS_RULE })
  .transform((text) => partsOf(text) ?? []);

const health = z.object({ status: z.literal('up') }).meta({ id: 'Health' });

const ready = z
  .object({
    status: z.enum(['ready', 'degraded']),
    works: z.array(z.enum(PARTS)),
    missing: z.array(z.object({ part: z.enum(PARTS), code: z.string() })),
  })
  .meta({ id: 'Ready' });

/** The parts of a process that the service routes ask. */
export interface ServiceNeeds {
  readonly readiness: Pick<Readiness, 'report'>;
}

/** The routes of the service itself, which load balancers and operators ask. */
export function serviceRoutes({ readiness }: ServiceNeeds): readonly Route[] {
  return [
    jsonRoute(
      {
        access: 'public',
        method: 'GET',
        path: '/api/health',
        summary: 'Whether the process lives',
        answer: health,
      },
      async () => ({ status: 'up' as const }),
    ),
    jsonRoute(
      {
        access: 'public',
        method: 'GET',
        path: '/api/ready',
        summary: 'Whether it can serve, what works and what is missing',
        query: z.object({ parts: parts.optional() }),
        answer: ready,
        problems: [
          'draining',
          'store-unavailable',
          'store-read-only',
          'proxy-unreachable',
          'overloaded',
          'not-supported',
        ],
      },
      async ({ query }) => {
        const report = await readiness.report(query.parts);
        if (report.status !== 'unready') return readyBody(report);
        throw new ProblemError(report.why, { detail: unreadyDetail(report), unready: true });
      },
    ),
  ];
}
