// This file exposes the metrics of the REST side.
import type { Registry } from 'prom-client';
import { counter, labelled } from './families.js';
import type { Metrics } from './metrics.js';

/** Registers the metrics of processes that serve users and programs: api-server and `up`. */
export function exposeRestSide(registry: Registry, metrics: Metrics): void {
  counter(
    registry,
    'visiona_sign_ins_total',
    'Sign-ins that came to an end, by how: signed-in is the good one.',
    ['result'],
    () => labelled('result', metrics.signIns),
  );
  counter(
    registry,
    'visiona_refreshes_total',
    "Times that a session's tokens were to be made anew at the OpenID provider, by what became of it.",
    ['result'],
    () => labelled('result', metrics.refreshes),
  );
  counter(
    registry,
    'visiona_pairings_total',
    'Pairing codes that devices presented, by whether a device was paired.',
    ['result'],
    () => labelled('result', metrics.pairings),
  );
  counter(
    registry,
    'visiona_bearer_tokens_refused_total',
    'Access tokens of REST clients that were not accepted, by why.',
    ['reason'],
    () => labelled('reason', metrics.bearerRefused),
  );
}
