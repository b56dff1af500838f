// This file exposes the metrics of the tunnel side.
import type { Registry } from 'prom-client';
import { BucketHistogram, TotalsSummary } from './aggregates.js';
import { counter, gauge, labelled } from './families.js';
import type { HostSample, Metrics } from './metrics.js';

type HostLabel = 'host';

/** Registers the metrics of processes that hold tunnels: remote-proxy and `up`. */
export function exposeTunnelSide(registry: Registry, metrics: Metrics): void {
  exposeTunnels(registry, metrics);
  exposeHosts(registry, metrics);
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
    series: [{ labels: {}, buckets: metrics.roundTripSeconds }],
  });
}

/** Makes one sample for each session host that is up. */
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
    help: 'Messages in a batch between the main thread and a host; sum: messages, count: batches.',
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
