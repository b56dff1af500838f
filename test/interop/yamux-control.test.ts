/** Our multiplexer against hashicorp/yamux in both roles: half-close, RST, GoAway, ping. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';
import { readAll, sha256 } from './behave.js';
import { connect } from './yamux-end.js';

for (const role of ['server', 'client'] as const) {
  test(`as ${role}: after our FIN the peer still answers`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const stream = end.open();
    stream.end('sink\nall of it');
    // Without a length the peer reads to our FIN before it says anything.
    assert.equal(String(await readAll(stream)), sha256(Buffer.from('all of it')));
    await end.ping();
    assert.equal((await end.go.ask('streams')).count, 0);
  });

  test(`as ${role}: after the peer's FIN we still write, and our FIN frees the stream`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const stream = end.open();
    stream.write('close\n');
    stream.resume();
    await once(stream, 'end');
    assert.equal(end.session.streams, 1);
    stream.end('late');
    await finished(stream);
    await end.ping();
    assert.equal((await end.go.ask('streams')).count, 0);
    assert.deepEqual([end.session.streams, end.session.stats.resets], [0, 0]);
  });

  test(`as ${role}: our RST fails the peer's read, and that stream only`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const [doomed, other] = [end.open(), end.open()];
    other.write('echo\n');
    doomed.write('sink\nhalf of');
    await end.ping();
    doomed.destroy();
    assert.match(String((await end.go.next('stream-error')).error), /reset/);
    other.end('alive');
    assert.equal(String(await readAll(other)), 'alive');
  });

  test(`as ${role}: a stream that we refuse fails at the peer, and that stream only`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const { accept } = end;
    end.accept = () => undefined;
    assert.match(String((await end.go.ask('open echo')).error), /reset/);
    end.accept = accept;
    assert.equal((await end.go.ask('echo 1 1000')).count, 1);
  });

  test(`as ${role}: the peer's RST, of a stream beyond its backlog, refuses that stream only`, async (t) => {
    const backlog = 4;
    const end = await connect(t, { role, go: { backlog, 'no-accept': true } });
    if (end === undefined) return;
    const streams = Array.from({ length: backlog }, () => end.open());
    for (const stream of streams) stream.write('never read');
    await end.ping();
    const refused = end.open();
    refused.write('one too many');
    await assert.rejects(finished(refused.resume()), { code: 'ERR_YAMUX_STREAM_REFUSED' });
    assert.equal(end.session.streams, backlog);
    assert.ok(streams.every((stream) => !stream.destroyed));
    for (const stream of streams) stream.destroy();
  });

  test(`as ${role}: after the peer's GoAway nothing opens and what is open runs on`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const stream = end.open();
    stream.write('echo\nbefore, ');
    await end.ping();
    const away = end.next('goneAway');
    await end.go.ask('goaway');
    await away;
    assert.equal(end.session.canOpen, false);
    stream.end('after');
    assert.equal(String(await readAll(stream)), 'before, after');
  });

  test(`as ${role}: after our GoAway the peer opens nothing and what is open runs on`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const stream = end.open();
    stream.write('echo\nbefore, ');
    end.session.goAway();
    await end.ping();
    assert.match(String((await end.go.ask('open echo')).error), /not accepting/);
    stream.end('after');
    assert.equal(String(await readAll(stream)), 'before, after');
  });

  test(`as ${role}: pings are answered both ways`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    assert.ok((await end.ping()) >= 0);
    const { micros, error } = await end.go.ask('ping');
    assert.equal(error, undefined);
    assert.ok(Number(micros) > 0);
  });

  test(`as ${role}: a session that we close ends at the peer, and its streams fail on both sides`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const stream = end.open();
    stream.write('hold\n');
    await end.ping();
    const failed = assert.rejects(finished(stream.resume()), { code: 'ERR_YAMUX_SESSION_CLOSED' });
    end.session.close();
    await failed;
    await end.go.next('closed');
    assert.equal(await end.go.exited(), 'exit 0');
  });
}
