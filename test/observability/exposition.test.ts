import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostStats } from '../../src/actors/host.js';
import { FORWARD_FAILURES } from '../../src/contract/call.js';
import { expose } from '../../src/observability/exposition.js';
import { DIAL_RESULTS, Metrics, TUNNEL_ENDS } from '../../src/observability/metrics.js';
import { type Family, parseExposition } from './parse-exposition.js';

const SIDES = ['rest', 'tunnels'] as const;

/** Each family of the product with its labels, beside `le` of histograms. The list is what operators rely on. */
const FAMILIES: Readonly<Record<string, readonly [type: string, ...labels: string[]]>> = {
  visiona_sessions: ['gauge'],
  visiona_streams: ['gauge'],
  visiona_calls_total: ['counter', 'outcome', 'reason'],
  visiona_call_retries_total: ['counter'],
  visiona_call_duration_seconds: ['histogram'],
  visiona_unread_bytes: ['gauge'],
  visiona_unread_refused_total: ['counter'],
  visiona_unread_cut_total: ['counter'],
  visiona_build_info: ['gauge', 'version', 'node', 'uws'],
  visiona_problems_total: ['counter', 'code'],
  visiona_rate_limit_refusals_total: ['counter', 'limit'],
  visiona_cut_uploads_total: ['counter', 'reason'],
  visiona_store_call_duration_seconds: ['histogram', 'kind'],
  visiona_store_errors_total: ['counter', 'code'],
  visiona_sign_ins_total: ['counter', 'result'],
  visiona_refreshes_total: ['counter', 'result'],
  visiona_pairings_total: ['counter', 'result'],
  visiona_bearer_tokens_refused_total: ['counter', 'reason'],
  visiona_bytes_total: ['counter', 'direction'],
  visiona_dials_total: ['counter', 'result'],
  visiona_tunnel_ends_total: ['counter', 'reason'],
  visiona_window_stalls_total: ['counter'],
  visiona_stream_resets_total: ['counter'],
  visiona_heartbeat_round_trip_seconds: ['histogram'],
  visiona_host_restarts_total: ['counter', 'host'],
  visiona_host_actors: ['gauge', 'host'],
  visiona_mailbox_depth_bytes: ['gauge', 'host'],
  visiona_mailbox_batch_size: ['summary', 'host', 'direction'],
  visiona_event_loop_delay_seconds: ['gauge', 'host'],
  visiona_event_loop_delay_max_seconds: ['gauge', 'host'],
};

const STATS: HostStats = {
  actors: 12,
  sentMessages: 300,
  sentBatches: 100,
  receivedMessages: 500,
  receivedBatches: 50,
  droppedMessages: 0,
  depthBytes: 4096,
  loopDelayMean: 0.002,
  loopDelayMax: 0.25,
};

/** Metrics in which every counter has moved. */
function busy(): Metrics {
  const metrics = new Metrics();
  metrics.sessions = 7;
  metrics.streams = 3;
  metrics.answered[2] = 10;
  metrics.answered[5] = 1;
  metrics.failed['device-offline'] = 4;
  metrics.aborted = 2;
  metrics.storeSeconds.read.observe(0.004);
  metrics.storeSeconds.write.observe(100);
  metrics.retries = 5;
  metrics.callSeconds.observe(0.002);
  metrics.callSeconds.observe(100);
  metrics.bytesToDevices = 1000;
  metrics.bytesFromDevices = 2000;
  metrics.dials.accepted = 8;
  metrics.tunnelEnds.replaced = 6;
  metrics.windowStalls = 9;
  metrics.streamResets = 11;
  metrics.roundTripSeconds.observe(0.03);
  metrics.hosts = () => [
    { index: 0, restarts: 0, stats: STATS },
    { index: 1, restarts: 3, stats: undefined },
  ];
  return metrics;
}

async function families(metrics: Metrics): Promise<Map<string, Family>> {
  return parseExposition(await expose(metrics, SIDES).text());
}

test('every family is there, with its type and labels and no others', async () => {
  const all = await families(busy());
  const ours = [...all].filter(([name]) => name.startsWith('visiona_'));
  assert.deepEqual(ours.map(([name]) => name).sort(), Object.keys(FAMILIES).sort());
  for (const [name, { type, help, samples }] of ours) {
    const [expectedType, ...labels] = FAMILIES[name] ?? [''];
    assert.equal(type, expectedType, name);
    assert.match(help, /^[A-Z].*\.$|: /, name);
    const found = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    found.delete('le');
    assert.deepEqual([...found].sort(), labels.sort(), name);
  }
});

test('what was counted is what is exposed, at each scrape anew', async () => {
  const metrics = busy();
  const exposition = expose(metrics, SIDES);
  const value = async (sample: string) => {
    const all = [...parseExposition(await exposition.text()).values()].flatMap(({ samples }) => samples);
    return all.find(({ text }) => text === sample)?.value;
  };
  assert.equal(await value('visiona_sessions'), 7);
  assert.equal(await value('visiona_calls_total{outcome="answered",reason="2xx"}'), 10);
  assert.equal(await value('visiona_calls_total{outcome="failed",reason="device-offline"}'), 4);
  assert.equal(await value('visiona_calls_total{outcome="aborted",reason="client"}'), 2);
  assert.equal(await value('visiona_bytes_total{direction="from_device"}'), 2000);
  assert.equal(await value('visiona_dials_total{result="accepted"}'), 8);
  assert.equal(await value('visiona_tunnel_ends_total{reason="replaced"}'), 6);
  assert.equal(await value('visiona_stream_resets_total'), 11);
  assert.equal(await value('visiona_call_duration_seconds_bucket{le="0.001"}'), 0);
  assert.equal(await value('visiona_call_duration_seconds_bucket{le="60"}'), 1);
  assert.equal(await value('visiona_call_duration_seconds_bucket{le="+Inf"}'), 2);
  assert.equal(await value('visiona_call_duration_seconds_count'), 2);
  assert.equal(await value('visiona_mailbox_batch_size_sum{host="0",direction="to_host"}'), 300);
  assert.equal(await value('visiona_mailbox_batch_size_count{host="0",direction="from_host"}'), 50);
  assert.equal(await value('visiona_event_loop_delay_max_seconds{host="0"}'), 0.25);
  assert.equal(await value('visiona_host_restarts_total{host="1"}'), 3);
  assert.equal(
    await value('visiona_mailbox_depth_bytes{host="1"}'),
    undefined,
    'a host that is down has none',
  );
  metrics.sessions = 6;
  metrics.windowStalls += 1;
  assert.equal(await value('visiona_sessions'), 6);
  assert.equal(await value('visiona_window_stalls_total'), 10);
});

test('every outcome is there from the start, at 0: a rate needs the sample before the first event', async () => {
  const all = await families(new Metrics());
  const reasons = (name: string, label: string) =>
    all.get(name)?.samples.map((sample) => {
      assert.equal(sample.value, 0, sample.text);
      return sample.labels[label];
    });
  assert.deepEqual(reasons('visiona_calls_total', 'reason'), [
    ...['1xx', '2xx', '3xx', '4xx', '5xx'],
    ...FORWARD_FAILURES,
    'client',
  ]);
  assert.deepEqual(reasons('visiona_dials_total', 'result'), [...DIAL_RESULTS]);
  assert.deepEqual(reasons('visiona_tunnel_ends_total', 'reason'), [...TUNNEL_ENDS]);
});

test('the number of samples is the same with one session and with ten thousand', async () => {
  const count = async (metrics: Metrics) =>
    [...(await families(metrics)).values()].flatMap(({ samples }) => samples).length;
  const few = busy();
  const many = busy();
  many.sessions = 10_000;
  for (let i = 0; i < 10_000; i++) many.roundTripSeconds.observe(i / 1000);
  assert.equal(await count(many), await count(few));
});

test('O3: the page keeps the conventions of Prometheus, whatever was counted', async () => {
  for (const metrics of [new Metrics(), busy()]) {
    for (const [name, { type, samples }] of await families(metrics)) {
      if (!name.startsWith('visiona_')) continue;
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      if (type === 'histogram') assertCumulative(name, samples);
      for (const { value, text } of samples) {
        if (type === 'counter') assert.ok(value >= 0 && Number.isFinite(value), text);
      }
    }
  }
});

/** Each bucket has what the smaller ones have, and the last one has all. */
function assertCumulative(name: string, samples: Family['samples']): void {
  for (const count of samples.filter(({ text }) => text.includes('_count'))) {
    const { kind } = count.labels;
    const buckets = samples.filter(({ labels }) => labels.le !== undefined && labels.kind === kind);
    const values = buckets.map(({ value }) => value);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
      name,
    );
    assert.equal(buckets.at(-1)?.labels.le, '+Inf');
    assert.equal(count.value, values.at(-1), name);
  }
}

test('O3: a process shows what it does: no tunnels at api-server, no sign-ins at remote-proxy', async () => {
  const names = async (side: 'rest' | 'tunnels') =>
    new Set(parseExposition(await expose(new Metrics(), [side]).text()).keys());
  const [rest, tunnels] = [await names('rest'), await names('tunnels')];
  assert.ok(rest.has('visiona_sign_ins_total') && !rest.has('visiona_sessions'));
  assert.ok(tunnels.has('visiona_sessions') && !tunnels.has('visiona_sign_ins_total'));
  for (const name of [
    'visiona_build_info',
    'visiona_store_call_duration_seconds',
    'visiona_problems_total',
  ]) {
    assert.ok(rest.has(name) && tunnels.has(name), name);
  }
});
