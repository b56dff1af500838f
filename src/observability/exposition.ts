// This file makes the Prometheus exposition of a process.
import { Registry } from 'prom-client';
import { BucketHistogram } from './aggregates.js';
import { counter, gauge, labelled } from './families.js';
import type { Metrics } from './metrics.js';
import { exposeBuild, exposeProcess } from './process-metrics.js';
import { exposeRestSide } from './rest-families.js';
import { exposeTunnelSide } from './tunnel-families.js';

function* callsByOutcome({ answered, failed, aborted }: Metrics) {
  for (let status = 1; status <= 5; status++) {
    yield [{ outcome: 'answered', reason: `${status}xx` }, answered[status] ?? 0] as const;
  }
  for (const [reason, count] of Object.entries(failed)) yield [{ outcome: 'failed', reason }, count] as const;
  yield [{ outcome: 'aborted', reason: 'client' }, aborted] as const;
}

function exposeCalls(registry: Registry, metrics: Metrics): void {
  counter(
    registry,
    'visiona_calls_total',
    'Calls and WebSocket handshakes to devices, by what became of them.',
    ['outcome', 'reason'],
    () => callsByOutcome(metrics),
  );
  counter(registry, 'visiona_call_retries_total', 'Calls sent a second time on a newer session.', [], () => [
    [{}, metrics.retries],
  ]);
  new BucketHistogram(registry, {
    name: 'visiona_call_duration_seconds',
    help: 'From the head of a request to the end of its answer; WebSockets: to that of the handshake.',
    series: [{ labels: {}, buckets: metrics.callSeconds }],
  });
}

function exposeUnread(registry: Registry, metrics: Metrics): void {
  gauge(
    registry,
    'visiona_unread_bytes',
    'Bytes that callers and devices have not taken, with what devices may still add to them.',
    [],
    () => [[{}, metrics.unreadBytes]],
  );
  counter(
    registry,
    'visiona_unread_refused_total',
    'Calls and WebSockets refused because callers left too much unread.',
    [],
    () => [[{}, metrics.unreadRefused]],
  );
  counter(
    registry,
    'visiona_unread_cut_total',
    'Callers cut because too much was unread, theirs for longest.',
    [],
    () => [[{}, metrics.unreadCut]],
  );
}

function exposeStore(registry: Registry, { storeSeconds, storeErrors }: Metrics): void {
  new BucketHistogram(registry, {
    name: 'visiona_store_call_duration_seconds',
    help: 'How long the store took to answer a call of this process, waits included.',
    labelNames: ['kind'],
    series: Object.entries(storeSeconds).map(([kind, buckets]) => ({ labels: { kind }, buckets })),
  });
  counter(
    registry,
    'visiona_store_errors_total',
    'Store calls that failed, by the code of the error (docs/operate.md).',
    ['code'],
    () => labelled('code', storeErrors),
  );
}

function exposeRefusals(registry: Registry, metrics: Metrics): void {
  counter(
    registry,
    'visiona_problems_total',
    'Requests that this process itself answered with an error, by its code (docs/errors.md).',
    ['code'],
    () => labelled('code', metrics.problems),
  );
  counter(
    registry,
    'visiona_rate_limit_refusals_total',
    'Requests and dials refused because one sender tries too often, by which limit.',
    ['limit'],
    () => labelled('limit', metrics.limited),
  );
  counter(
    registry,
    'visiona_cut_uploads_total',
    'Request bodies for devices that were not taken to their end, by why.',
    ['reason'],
    () => labelled('reason', metrics.cutUploads),
  );
}

/** The metrics of a process in Prometheus text. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** A side of the product that a process runs: `rest` serves users and programs, `tunnels` holds the tunnels; `up` runs both. */
export type Side = 'rest' | 'tunnels';

/** Exposes the product's metrics for these sides, and prom-client's standard metrics of the process and its main thread. */
export function expose(metrics: Metrics, sides: readonly Side[]): Exposition {
  const registry = new Registry();
  exposeBuild(registry);
  exposeProcess(registry);
  exposeCalls(registry, metrics);
  exposeUnread(registry, metrics);
  exposeRefusals(registry, metrics);
  exposeStore(registry, metrics);
  if (sides.includes('rest')) exposeRestSide(registry, metrics);
  if (sides.includes('tunnels')) exposeTunnelSide(registry, metrics);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
