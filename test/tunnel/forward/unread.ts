// This file makes budgets of unread bytes for tests.
import { pino } from 'pino';
import { Metrics } from '../../../src/observability/metrics.js';
import { UnreadBudget, type UnreadCounts } from '../../../src/tunnel/forward/unread-budget.js';

/** A budget of that size; undefined: one that no test reaches by accident. */
export function budgetOf(bytes: number | undefined, counts: UnreadCounts): UnreadBudget {
  return new UnreadBudget({ bytes: bytes ?? 2 ** 30, counts, log: pino({ level: 'silent' }) });
}

/** A budget that no test reaches by accident. */
export function roomyBudget(): UnreadBudget {
  return budgetOf(undefined, new Metrics());
}
