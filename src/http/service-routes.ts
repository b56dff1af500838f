import { z } from 'zod';
import { publicRoute } from './json-route.js';
import { ProblemError } from './problem-error.js';
import type { JsonRoute } from './route.js';

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
      summary: 'Whether it can serve: its store and proxy are there, and it is not going down',
      answer: z.object({ status: z.literal('ready') }).meta({ id: 'Ready' }),
      problems: ['draining', 'store-unavailable', 'store-read-only', 'proxy-unreachable', 'overloaded'],
    },
    async (_input, { readiness }) => {
      const why = await readiness.why();
      if (why !== undefined) throw new ProblemError(why);
      return { status: 'ready' as const };
    },
  ),
];
