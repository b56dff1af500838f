import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActorRef } from '../../../../src/actors/behaviour.js';
import type { HostedContext, TurnEnd } from '../../../../src/actors/host.js';
import { RECEIVE_CREDIT_STEP, SessionActor } from '../../../../src/tunnel/session/host/session-actor.js';
import { BUSY_TICK_MS, Ticks } from '../../../../src/tunnel/session/host/ticker.js';
import { SOCKET_CREDIT } from '../../../../src/tunnel/session/wire/limits.js';
import type { SessionIn } from '../../../../src/tunnel/session/wire/session-in.js';
import type { SessionOutWritten } from '../../../../src/tunnel/session/wire/session-out.js';
import { defaultConfig } from '../../../../src/tunnel/yamux/config.js';
import type { MuxSession, MuxStream, StreamHandler } from '../../../../src/tunnel/yamux/contract.js';
import { createSession } from '../../../../src/tunnel/yamux/session.js';
import { ManualClock } from '../../../actors/kit.js';
import { INIT } from '../main/fixtures.js';

const HEAD = Buffer.from('GET / HTTP/1.1\r\nhost: device\r\n\r\n');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

type Emitted = Exclude<SessionOutWritten, { kind: 'transmit' }>;

/** A session actor on a context that the test plays, and the device at the other end of its tunnel. */
class Stage {
  readonly clock = new ManualClock();
  writable = true;
  /** How often the actor asked to be called when the link is writable. */
  waits = 0;
  resume = (): void => {};
  exited = false;
  /** The device sends nothing more, and its connection is open. */
  silent = false;
  readonly emitted: Emitted[] = [];
  readonly streams: MuxStream[] = [];
  /** What the streams of the device received. */
  readonly received: string[] = [];
  /** The bodies that the actor may release, and must not read after that. */
  readonly leased = new Set<Uint8Array>();
  /** The bodies that the actor released. */
  readonly released: Uint8Array[] = [];
  /** The events of the device's session and its streams. */
  readonly events: string[] = [];
  /** The device's answer to a stream that it got bytes of. */
  answer: string | undefined = OK;
  readonly device: MuxSession;
  readonly actor: SessionActor;
  #works: TurnEnd[] = [];

  constructor() {
    this.device = createSession(
      'client',
      {
        output() {},
        incoming: (stream) => this.#serve(stream),
        openable() {},
        roundTrip() {},
        goneAway: () => this.events.push('goneAway'),
        closed() {},
      },
      0,
    );
    const stage = this;
    const context: Pick<
      HostedContext<SessionIn, SessionOutWritten>,
      'self' | 'now' | 'exit' | 'emit' | 'writable' | 'onWritable' | 'release' | 'beforePost'
    > = {
      self: { tell: (message) => this.#tell(message) } as ActorRef<SessionIn>,
      now: () => this.clock.now(),
      exit: () => {
        this.exited = true;
      },
      emit: (message) => this.#emit(message),
      get writable() {
        return stage.writable;
      },
      onWritable: (resume) => {
        this.waits += 1;
        this.resume = resume;
      },
      release: (bytes) => {
        if (!this.leased.delete(bytes)) return;
        this.released.push(bytes);
        bytes.fill(0x21);
      },
      beforePost: (work) => this.#works.push(work),
    };
    this.actor = new SessionActor(
      INIT,
      context as HostedContext<SessionIn, SessionOutWritten>,
      new Ticks(this.clock),
    );
  }

  /** Lets both ends exchange what is due. */
  settle(): void {
    for (let quiet = 0; quiet < 2; quiet += 1) {
      for (const work of this.#works.splice(0)) work.endTurn();
      const out = Buffer.alloc(1 << 20);
      const sent = this.silent ? 0 : this.device.pull(out, 0, out.length);
      if (sent === 0) continue;
      quiet = 0;
      this.actor.receive({ kind: 'received', bytes: out.subarray(0, sent) });
      // The bytes were lent: the actor must not read them any more.
      out.fill('!');
    }
  }

  /** Moves time on, one tick of the actor after the other. */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  open(exchange: number): void {
    const message = {
      kind: 'open',
      exchange,
      mode: 'http',
      chunked: false,
      hasBody: false,
      head: HEAD,
    } as const;
    this.actor.receive(message);
  }

  kinds(): string[] {
    return this.emitted.map((message) => message.kind).filter((kind) => kind !== 'heartbeat');
  }

  failures() {
    return this.emitted.filter((message) => message.kind === 'fail');
  }

  #serve(stream: MuxStream): StreamHandler {
    this.streams.push(stream);
    return {
      data: (from, chunk) => {
        this.received.push(Buffer.from(chunk).toString());
        from.consumed(chunk.length);
        if (this.answer !== undefined) from.write(Buffer.from(this.answer));
      },
      end: () => this.events.push('end'),
      reset: (_stream, error) => this.events.push(error.code),
      drain() {},
    };
  }

  #emit(message: SessionOutWritten): boolean {
    if (message.kind !== 'transmit') {
      this.emitted.push(message);
      return true;
    }
    const bytes = Buffer.alloc(Math.min(message.max, message.from.pending));
    message.sent = message.from.pull(bytes, 0, bytes.length);
    this.device.receive(bytes.subarray(0, message.sent), this.clock.now());
    bytes.fill('!');
    return true;
  }

  /** A message of the actor to itself, or of its ticker. */
  #tell(message: SessionIn): boolean {
    this.actor.receive(message);
    this.settle();
    return true;
  }
}

test('a small answer is one message, and the end of its stream goes with the next request', () => {
  const stage = new Stage();
  let transmits = 0;
  const receive = stage.device.receive.bind(stage.device);
  stage.device.receive = (chunk, now) => {
    transmits += 1;
    receive(chunk, now);
  };
  stage.open(1);
  stage.settle();
  assert.deepEqual(stage.kinds(), ['head']);
  assert.deepEqual([stage.events, transmits], [[], 1]);
  stage.open(2);
  stage.settle();
  assert.deepEqual([stage.events, transmits], [['end'], 2]);
});

test('while another call is under way, the end of a stream goes at once: that call may wait for it in the device', () => {
  const stage = new Stage();
  stage.answer = undefined;
  for (const exchange of [1, 2]) stage.open(exchange);
  stage.settle();
  stage.streams[0]!.write(Buffer.from(OK));
  stage.settle();
  assert.deepEqual([stage.kinds(), stage.events], [['head'], ['end']]);
});

test('after the last answer the end of its stream goes with the next tick', () => {
  const stage = new Stage();
  stage.open(1);
  stage.settle();
  stage.advance(BUSY_TICK_MS);
  stage.settle();
  assert.deepEqual(stage.events, ['end']);
});

test('a call after the GoAway of the device fails at once and was never sent', () => {
  const stage = new Stage();
  stage.device.goAway();
  stage.settle();
  stage.open(1);
  assert.deepEqual(
    stage.failures().map(({ code, reached }) => [code, reached]),
    [['stream-refused', false]],
  );
});

test('drain tells the device and refuses new calls, those under way go on', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.open(1);
  stage.settle();
  stage.actor.receive({ kind: 'drain' });
  stage.settle();
  stage.open(2);
  assert.deepEqual(stage.events, ['goneAway']);
  assert.deepEqual(
    stage.failures().map(({ exchange, code }) => [exchange, code]),
    [[2, 'draining']],
  );
  stage.streams[0]!.write(Buffer.from(OK));
  stage.settle();
  assert.deepEqual(stage.kinds(), ['fail', 'head']);
});

test('drain refuses calls that wait for a stream, at once', () => {
  const stage = new Stage();
  stage.answer = undefined;
  for (let exchange = 1; exchange <= defaultConfig.maxUnacknowledged + 1; exchange += 1) stage.open(exchange);
  stage.actor.receive({ kind: 'drain' });
  assert.deepEqual(
    stage.failures().map(({ exchange, code, reached }) => [exchange, code, reached]),
    [[defaultConfig.maxUnacknowledged + 1, 'draining', false]],
  );
});

test('an abort resets the stream, and nothing more is said of the exchange', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.open(1);
  stage.settle();
  stage.actor.receive({ kind: 'abort', exchange: 1 });
  stage.settle();
  assert.deepEqual(stage.events, ['ERR_YAMUX_STREAM_RESET']);
  assert.deepEqual(stage.kinds(), []);
});

test('a device that begins no answer in time is device-timeout, its stream is reset, the tunnel lives', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.open(1);
  stage.settle();
  stage.advance(INIT.headTimeoutMs + 2000);
  stage.settle();
  assert.deepEqual(
    stage.failures().map(({ code }) => code),
    ['device-timeout'],
  );
  assert.deepEqual(stage.events, ['ERR_YAMUX_STREAM_RESET']);
  assert.equal(stage.exited, false);
});

test('a call that waits for a stream until its time is up is device-busy: the device has not seen it', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.silent = true;
  const last = defaultConfig.maxUnacknowledged + 2;
  for (let exchange = 1; exchange < last; exchange += 1) stage.open(exchange);
  const { headers, target, protocols } = { headers: ['host', 'd'], target: '/', protocols: [] };
  stage.actor.receive({ kind: 'ws-open', exchange: last, target, headers, protocols });
  stage.settle();
  stage.advance(INIT.headTimeoutMs + 2000);
  const failures = new Map(stage.failures().map((failure) => [failure.exchange, failure]));
  assert.equal(failures.size, last);
  for (const [exchange, { code, reached }] of failures) {
    const expected = exchange < last - 1 ? ['device-timeout', true] : ['device-busy', false];
    assert.deepEqual([exchange, code, reached], [exchange, ...expected]);
  }
});

test('silence for the idle timeout ends the session as idle', () => {
  const stage = new Stage();
  stage.silent = true;
  stage.advance(INIT.idleTimeoutMs - INIT.heartbeatMs);
  assert.equal(stage.exited, false);
  stage.advance(2 * INIT.heartbeatMs + 10_000);
  const ended = stage.emitted.find((message) => message.kind === 'ended');
  assert.equal(ended?.reason, 'idle');
  assert.equal(stage.exited, true);
});

test('no more than the credit of the socket is transmitted before it took some', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.actor.receive({
    kind: 'open',
    exchange: 1,
    mode: 'raw',
    chunked: false,
    hasBody: true,
    head: Buffer.alloc(0),
  });
  stage.settle();
  let bytes = 0;
  const receive = stage.device.receive.bind(stage.device);
  stage.device.receive = (chunk, now) => {
    bytes += chunk.length;
    receive(chunk, now);
  };
  for (let i = 0; i < 8; i += 1) {
    stage.actor.receive({ kind: 'body', exchange: 1, last: false, bytes: Buffer.alloc(64 * 1024) });
  }
  stage.settle();
  assert.ok(bytes <= SOCKET_CREDIT, `${bytes} bytes`);
  stage.actor.receive({ kind: 'sent', bytes: SOCKET_CREDIT });
  stage.settle();
  assert.ok(bytes > SOCKET_CREDIT && bytes <= 2 * SOCKET_CREDIT, `${bytes} bytes`);
});

for (const mode of ['http', 'raw'] as const) {
  test(`the body of an upload (${mode}) is released when all of it is encoded, and what the device gets is right`, () => {
    const stage = new Stage();
    stage.answer = undefined;
    const upload = { chunked: mode === 'http', hasBody: true, head: Buffer.alloc(0) } as const;
    stage.actor.receive({ kind: 'open', exchange: 1, mode, ...upload });
    const bodies = Array.from({ length: 3 }, (_, i) => Buffer.alloc(1000 * (i + 1), 'xyz'.charAt(i)));
    const sent = Buffer.concat(bodies).toString();
    bodies.forEach((bytes, i) => {
      stage.leased.add(bytes);
      stage.actor.receive({ kind: 'body', exchange: 1, last: i === 2, bytes });
    });
    assert.deepEqual(stage.released, []);
    stage.settle();
    const came = stage.received.join('');
    assert.ok((mode === 'raw' ? came : came.replaceAll(/[0-9a-f]+\r\n|\r\n/g, '')) === sent);
    assert.deepEqual(stage.released, bodies);
  });
}

test('a slow socket is no stall, one that takes nothing is', () => {
  const stage = new Stage();
  stage.answer = undefined;
  const upload = { mode: 'raw', chunked: false, hasBody: true, head: Buffer.alloc(0) } as const;
  for (let exchange = 1; exchange <= 2; exchange += 1) {
    stage.actor.receive({ kind: 'open', exchange, ...upload });
    stage.actor.receive({ kind: 'body', exchange, last: false, bytes: Buffer.alloc(SOCKET_CREDIT) });
  }
  stage.settle();
  for (let second = 0; second < 60; second += 1) {
    stage.actor.receive({ kind: 'sent', bytes: 100 });
    stage.settle();
    stage.advance(1000);
  }
  assert.equal(stage.exited, false);
  stage.advance(2 * defaultConfig.writeTimeout);
  assert.equal(stage.emitted.find((message) => message.kind === 'ended')?.reason, 'idle');
});

test('while the link is full nothing is transmitted, and the actor waits for it once', () => {
  const stage = new Stage();
  stage.writable = false;
  for (let exchange = 1; exchange <= 5; exchange += 1) {
    stage.open(exchange);
    stage.settle();
  }
  assert.equal(stage.waits, 1);
  assert.deepEqual(stage.kinds(), []);
  stage.writable = true;
  stage.resume();
  stage.settle();
  assert.deepEqual(stage.kinds(), ['head', 'head', 'head', 'head', 'head']);
});

test('bytes that are not yamux end the session as a protocol error, after its calls were told', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.open(1);
  stage.settle();
  stage.actor.receive({ kind: 'received', bytes: Buffer.from('this is not yamux at all') });
  assert.deepEqual(stage.kinds(), ['fail', 'ended']);
  assert.equal(stage.failures()[0]?.code, 'tunnel-lost-after-send');
  const ended = stage.emitted.find((message) => message.kind === 'ended');
  assert.equal(ended?.reason, 'protocol-error');
});

test('a tunnel that ends under a handshake of a WebSocket was lost after the request was sent', () => {
  const stage = new Stage();
  stage.answer = undefined;
  stage.actor.receive({ kind: 'ws-open', exchange: 1, target: '/', headers: ['host', 'd'], protocols: [] });
  stage.settle();
  stage.actor.receive({ kind: 'received', bytes: Buffer.from('this is not yamux at all') });
  assert.deepEqual(
    stage.failures().map(({ code, reached }) => [code, reached]),
    [['tunnel-lost-after-send', true]],
  );
});

test('what was read of the device is told in steps, all of it', () => {
  const stage = new Stage();
  // Pongs without a ping, of twelve bytes each.
  const pongs = Buffer.alloc(12_000);
  for (let at = 0; at < pongs.length; at += 12) pongs.set([0, 2, 0, 2], at);
  let given = 0;
  const reported = (): number =>
    stage.emitted.reduce((sum, message) => sum + (message.kind === 'read' ? message.bytes : 0), 0);
  while (given < 4 * RECEIVE_CREDIT_STEP) {
    stage.actor.receive({ kind: 'received', bytes: pongs });
    given += pongs.length;
    assert.ok(given - reported() < RECEIVE_CREDIT_STEP);
  }
  const messages = stage.emitted.filter(({ kind }) => kind === 'read').length;
  assert.ok(messages > 0 && messages <= 4, `${messages} messages`);
});

test('the first exchange of an idle session measures the round trip, before a transfer can fill the way', () => {
  const stage = new Stage();
  const measured = () => stage.emitted.filter((each) => each.kind === 'heartbeat' && each.roundTripMs >= 0);
  stage.open(1);
  stage.settle();
  assert.equal(measured().length, 1);
  stage.open(2);
  stage.settle();
  assert.equal(measured().length, 1);
});
