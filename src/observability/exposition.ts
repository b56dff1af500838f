import { Counter, Gauge, Registry } from 'prom-client';
import { BucketHistogram, TotalsSummary } from './aggregates.js';
import type { HostSample, Metrics } from './metrics.js';
import { exposeProcess } from './process-metrics.js';

type HostLabel = 'host';

/** A counter that is set to what was counted elsewhere, each time it is scraped. */
function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: () => Iterable<readonly [Partial<Record<L, string>>, number]>,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** A gauge that is read each time it is scraped. */
function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: () => Iterable<readonly [Partial<Record<L, string>>, number]>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

function* callsByOutcome({ answered, failed, aborted }: Metrics) {
  for (let status = 1; status <= 5; status++) {
    yield [{ outcome: 'answered', reason: `${status}xx` }, answered[status] ?? 0] as const;
  }
  for (const [reason, count] of Object.entries(failed)) yield [{ outcome: 'failed', reason }, count] as const;
  yield [{ outcome: 'aborted', reason: 'client' }, aborted] as const;
}

function* labelled<L extends string>(label: L, counts: Readonly<Record<string, number>>) {
  for (const [value, count] of Object.entries(counts)) {
    yield [{ [label]: value } as Partial<Record<L, string>>, count] as const;
  }
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
    buckets: metrics.callSeconds,
  });
}

function exposeTunnels(registry: Registry, metrics: Metrics): void {
  gauge(registry, 'visiona_sessions', 'Tunnels connected now.', [], () => [[{}, metrics.sessions]]);
  gauge(registry, 'visiona_streams', 'Calls and WebSockets under way now.', [], () => [
    [{}, metrics.streams],
  ]);
  counter(registry, 'visiona_bytes_total', 'Tunnel bytes, framing included.', ['direction'], () =>
    labelled('direction', { to_device: metrics.bytesToDevices, from_device: metrics.bytesFromDevices }),
  );
  counter(registry, 'visiona_dials_total', 'Devices that dialled, by the answer they got.', ['result'], () =>
    labelled('result', metrics.dials),
  );
  counter(registry, 'visiona_tunnel_ends_total', 'Tunnels that ended, by why.', ['reason'], () =>
    labelled('reason', metrics.tunnelEnds),
  );
  counter(
    registry,
    'visiona_window_stalls_total',
    'Times a stream had bytes to send and no window.',
    [],
    () => [[{}, metrics.windowStalls]],
  );
  counter(
    registry,
    'visiona_stream_resets_total',
    'Streams that ended by a reset, of either side.',
    [],
    () => [[{}, metrics.streamResets]],
  );
  new BucketHistogram(registry, {
    name: 'visiona_heartbeat_round_trip_seconds',
    help: 'Round trips of heartbeat pings.',
    buckets: metrics.roundTripSeconds,
  });
}

/** One value of each host that is up. */
function* perHost(hosts: readonly HostSample[], value: (stats: NonNullable<HostSample['stats']>) => number) {
  for (const { index, stats } of hosts) {
    if (stats !== undefined) yield [{ host: String(index) }, value(stats)] as const;
  }
}

function exposeHosts(registry: Registry, metrics: Metrics): void {
  const host: readonly HostLabel[] = ['host'];
  counter(registry, 'visiona_host_restarts_total', 'Times a session host was started again.', host, () =>
    metrics.hosts().map(({ index, restarts }) => [{ host: String(index) }, restarts] as const),
  );
  gauge(registry, 'visiona_host_actors', 'Actors living in a session host.', host, () =>
    perHost(metrics.hosts(), (stats) => stats.actors),
  );
  gauge(
    registry,
    'visiona_mailbox_depth_bytes',
    'Bytes posted to a host and not yet consumed by it.',
    host,
    () => perHost(metrics.hosts(), (stats) => stats.depthBytes),
  );
  gauge(registry, 'visiona_event_loop_delay_seconds', "Mean delay of a host's event loop.", host, () =>
    perHost(metrics.hosts(), (stats) => stats.loopDelayMean),
  );
  gauge(registry, 'visiona_event_loop_delay_max_seconds', "Longest delay of a host's event loop.", host, () =>
    perHost(metrics.hosts(), (stats) => stats.loopDelayMax),
  );
  new TotalsSummary(registry, {
    name: 'visiona_mailbox_batch_size',
    help: 'Messages in a batch between the gateway and a host; sum: messages, count: batches.',
    labelNames: ['host', 'direction'],
    *read() {
      for (const { index, stats } of metrics.hosts()) {
        if (stats === undefined) continue;
        const host = String(index);
        yield { labels: { host, direction: 'to_host' }, sum: stats.sentMessages, count: stats.sentBatches };
        yield {
          labels: { host, direction: 'from_host' },
          sum: stats.receivedMessages,
          count: stats.receivedBatches,
        };
      }
    },
  });
}

/** A process's metrics in Prometheus text. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Exposes the product's metrics and those of the process and its main thread (prom-client's standard set). */
export function expose(metrics: Metrics): Exposition {
  const registry = new Registry();
  exposeProcess(registry);
  exposeCalls(registry, metrics);
  exposeTunnels(registry, metrics);
  exposeHosts(registry, metrics);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
