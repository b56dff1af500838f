// `createSession` makes the multiplexer: it joins sender, receiver and heartbeat, and keeps the streams.
import { IdTable } from '../../collections/id-table.js';
import { type Config, defaultConfig } from './config.js';
import {
  ACK,
  FIRST_EXHAUSTED_ID,
  GO_AWAY_INTERNAL,
  GO_AWAY_NORMAL,
  GO_AWAY_PROTOCOL,
  INITIAL_WINDOW,
  SYN,
} from './constants.js';
import type { MuxSession, MuxStream, Role, SessionHandler, StreamHandler } from './contract.js';
import { YamuxError } from './contract.js';
import { Heartbeat, StallWatch } from './heartbeat.js';
import type { GrowthBudget } from './receive-window.js';
import { FrameReceiver, type ReceiverLink, StrayAllowance } from './receiver.js';
import { FrameSender } from './sender.js';
import { Stream, type StreamLink } from './stream.js';

/**
 * A session for `role`. `now` is the time, in ms, on the clock that `receive` and `tick` will be given; `nextId` the
 * first stream id to use, for tests.
 */
export function createSession(
  role: Role,
  handler: SessionHandler,
  now: number,
  config: Config = defaultConfig,
  nextId: number = role === 'client' ? 1 : 2,
): MuxSession {
  return new Session(role, handler, now, config, nextId);
}

/** The handler of a stream while `incoming` decides; the stream can have no event yet, except the end of the session. */
const UNHANDLED: StreamHandler = { data() {}, end() {}, reset() {}, drain() {} };

class Session implements MuxSession, StreamLink, ReceiverLink {
  readonly config: Config;
  now: number;
  readonly #handler: SessionHandler;
  readonly #sender: FrameSender;
  readonly #receiver: FrameReceiver = new FrameReceiver(this);
  readonly #heartbeat: Heartbeat;
  /** The streams by id; the table is created on first use, as most of thousands of sessions are idle. */
  #streams: IdTable<Stream> | undefined;
  readonly #growth: GrowthBudget;
  readonly #stray: StrayAllowance;
  readonly #stall: StallWatch;
  readonly #parity: number;
  #nextId: number;
  #outgoing = 0;
  #unacknowledged = 0;
  #openedStreams = 0;
  #resets = 0;
  #sentGoAway = false;
  #gotGoAway = false;
  #isClosed = false;
  /** True if `canOpen` was false at the last open, so that `openable` is owed. */
  #isFull = false;
  /** True if windows are in use, which makes a fresh round trip worth a ping. */
  #wantsRoundTrip = false;

  constructor(role: Role, handler: SessionHandler, now: number, config: Config, nextId: number) {
    this.config = config;
    this.now = now;
    this.#handler = handler;
    this.#sender = new FrameSender(config, handler);
    this.#heartbeat = new Heartbeat(config, now);
    this.#growth = { left: config.windowGrowth };
    this.#stray = new StrayAllowance(config);
    this.#stall = new StallWatch(config.writeTimeout, now);
    this.#parity = role === 'client' ? 1 : 0;
    this.#nextId = nextId;
  }

  get pending(): number {
    return this.#sender.pending;
  }

  get streams(): number {
    return this.#streams?.size ?? 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get stats(): MuxSession['stats'] {
    return {
      framesIn: this.#receiver.framesIn,
      framesOut: this.#sender.framesOut,
      windowStalls: this.#sender.windowStalls,
      streamsOpened: this.#openedStreams,
      resets: this.#resets,
    };
  }

  get canOpen(): boolean {
    return (
      !this.#isClosed &&
      !this.#sentGoAway &&
      !this.#gotGoAway &&
      this.#unacknowledged < this.config.maxUnacknowledged &&
      this.#outgoing < this.config.maxOutgoing &&
      this.#nextId < FIRST_EXHAUSTED_ID
    );
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.#isClosed || chunk.length === 0) return;
    this.now = now;
    this.#heartbeat.received(now);
    if (this.#wantsRoundTrip) this.measureRoundTrip(now);
    this.#receiver.push(chunk);
  }

  pull(target: Uint8Array, at: number, max: number): number {
    return this.#sender.pull(target, at, max);
  }

  open(handler: StreamHandler): MuxStream | undefined {
    if (!this.canOpen) {
      this.#isFull = true;
      return undefined;
    }
    const stream = new Stream(this.#nextId, true, handler, this);
    this.#nextId += 2;
    this.#outgoing++;
    this.#unacknowledged++;
    this.#add(stream);
    this.#isFull = !this.canOpen;
    this.#sender.addControl(stream);
    return stream;
  }

  measureRoundTrip(now: number): void {
    if (!this.#isClosed && this.#heartbeat.wantsRoundTrip(now)) this.#ping(now);
  }

  goAway(): void {
    if (this.#isClosed || this.#sentGoAway) return;
    this.#sentGoAway = true;
    this.#sender.goAway(GO_AWAY_NORMAL);
  }

  close(error?: YamuxError): void {
    if (error === undefined) this.#end(undefined, GO_AWAY_NORMAL);
    else this.#end(error, error.code === 'ERR_YAMUX_PROTOCOL' ? GO_AWAY_PROTOCOL : GO_AWAY_INTERNAL);
  }

  tick(now: number): void {
    if (this.#isClosed) return;
    this.now = now;
    this.#checkOutput(now);
    this.#sender.sendLate();
    this.#checkPeer(now);
    for (const stream of this.#streams?.values() ?? []) {
      if (stream.deadline <= now) stream.expire();
    }
  }

  // StreamLink

  queued(stream: Stream, bytes: number): void {
    this.#sender.queued(stream, bytes);
  }

  sendable(stream: Stream): void {
    this.#sender.addData(stream);
  }

  sendableLater(stream: Stream): void {
    // A session that drains ends with its last stream.
    if (this.#sentGoAway || this.#gotGoAway) this.#sender.addData(stream);
    else this.#sender.addDataLater(stream);
  }

  windowRead(stream: Stream): void {
    this.#wantsRoundTrip = true;
    stream.window.tune(this.now, this.#heartbeat.roundTrip, this.config.maxWindow, this.#growth);
    this.#sender.addControl(stream);
  }

  settled(): void {
    this.#unacknowledged--;
    this.#offerOpen();
  }

  freed(stream: Stream, tellPeer: boolean): void {
    this.#streams?.delete(stream.id);
    if (stream.isLocal) {
      this.#outgoing--;
      if (!stream.isSettled) this.#unacknowledged--;
    }
    stream.window.release(this.#growth);
    this.#sender.removed(stream);
    if (this.#isClosed) return;
    if (!stream.isFinished) this.#resets++;
    // A stream that the application has seen is acknowledged with the RST: a bare RST says that it was never seen.
    const seen = stream.openFlag === ACK && stream.handler !== UNHANDLED;
    if (tellPeer) this.#sendReset(stream.id, stream.window.available, seen);
    this.#offerOpen();
  }

  // ReceiverLink

  stream(id: number): Stream | undefined {
    return this.#streams?.get(id);
  }

  opened(id: number, isDead: boolean): boolean {
    if ((id & 1) === this.#parity) return this.violated(`stream ${id} is ours: both ends have one role`);
    if (this.#streams?.has(id)) return this.violated(`stream ${id} opened twice`);
    if (isDead) return true;
    if (this.#sentGoAway || this.streams - this.#outgoing >= this.config.maxIncoming) {
      this.#sendReset(id, INITIAL_WINDOW);
    } else this.#accept(new Stream(id, false, UNHANDLED, this));
    return !this.#isClosed;
  }

  stray(bytes: number): boolean {
    return this.#stray.take(bytes);
  }

  pinged(value: number): void {
    this.#sender.pong(value);
  }

  ponged(value: number): void {
    const ms = this.#heartbeat.answered(value, this.now);
    if (ms !== undefined) this.#handler.roundTrip(ms);
  }

  wentAway(code: number): void {
    if (code !== GO_AWAY_NORMAL) {
      const error = new YamuxError('ERR_YAMUX_REMOTE_GOAWAY', `the peer ended the session with code ${code}`);
      this.#end(error, undefined);
    } else if (!this.#gotGoAway) {
      this.#gotGoAway = true;
      this.#sender.sendLate();
      this.#refuseUnsent();
      this.#handler.goneAway();
    }
  }

  violated(what: string): false {
    this.close(new YamuxError('ERR_YAMUX_PROTOCOL', `the peer broke the protocol: ${what}`));
    return false;
  }

  #add(stream: Stream): void {
    this.#streams ??= new IdTable();
    this.#streams.set(stream.id, stream);
    this.#openedStreams++;
  }

  #accept(stream: Stream): void {
    this.#add(stream);
    const handler = this.#handler.incoming(stream);
    if (handler === undefined) stream.reset();
    else if (!stream.isGone) {
      stream.handler = handler;
      this.#sender.addControl(stream);
    }
  }

  /** Resets a stream that is gone, and allows for the data that the peer sends before it learns of it. */
  #sendReset(id: number, credit: number, acknowledged = false): void {
    this.#stray.add(credit);
    if (!this.#sender.reset(id, acknowledged)) this.violated('opens streams and takes no answer');
  }

  /** Resets the streams whose SYN never left: a peer that takes no more would only reset them. */
  #refuseUnsent(): void {
    for (const stream of this.#streams?.values() ?? []) {
      if (stream.openFlag !== SYN) continue;
      stream.fail(new YamuxError('ERR_YAMUX_STREAM_REFUSED', 'the peer takes no new streams'), false);
    }
  }

  #offerOpen(): void {
    if (!this.#isFull || !this.canOpen) return;
    this.#isFull = false;
    this.#handler.openable();
  }

  #ping(now: number): void {
    this.#wantsRoundTrip = false;
    this.#sender.ping(this.#heartbeat.start(now));
  }

  #checkPeer(now: number): void {
    const step = this.#heartbeat.tick(now);
    if (step === 'ping') this.#ping(now);
    else if (step === 'dead') this.close(new YamuxError('ERR_YAMUX_KEEPALIVE_TIMEOUT', 'the peer is silent'));
  }

  #checkOutput(now: number): void {
    if (this.#stall.isStalled(this.#sender.pending > 0, this.#sender.framesOut, now)) {
      this.close(new YamuxError('ERR_YAMUX_WRITE_STALLED', 'output waits and nothing takes it'));
    }
  }

  #end(error: YamuxError | undefined, code: number | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sender.shut(code);
    const reason = error ?? new YamuxError('ERR_YAMUX_SESSION_CLOSED', 'the session was closed');
    for (const stream of this.#streams?.values() ?? []) stream.fail(reason, false);
    this.#handler.closed(error);
  }
}
