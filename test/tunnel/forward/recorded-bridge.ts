// RecordedBridge is a bridged WebSocket that keeps all that it is told.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { ForwardFailure, ResponseHead, Target } from '../../../src/contract/call.js';
import type { Bridge, BridgeForwarder, BridgeRequest, BridgeSink } from '../../../src/contract/websocket.js';
import { DEVICE } from './http-device.js';

/** A bridged WebSocket, and all that it told its sink. Consumes what comes, unless it is told to hold it. */
export class RecordedBridge implements BridgeSink {
  readonly bridge: Bridge;
  readonly messages: { data: Buffer; binary: boolean }[] = [];
  protocol: string | undefined;
  refusal: { head: ResponseHead; body: string } | undefined;
  close: { code: number; reason: string } | undefined;
  failure: ForwardFailure | undefined;
  isOverrun = false;
  /** How often a last event came. */
  ends = 0;
  held = 0;
  holding = false;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(forwarder: BridgeForwarder, over: Partial<BridgeRequest> = {}, target: Target = DEVICE) {
    const request = { target: '/', headers: ['host', 'device.test'], protocols: [], ...over };
    this.bridge = forwarder.bridge(target, request, this);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await once(this.#changes, 'change');
  }

  async open(): Promise<this> {
    await this.until(() => this.protocol !== undefined || this.ends > 0);
    assert.notEqual(this.protocol, undefined, JSON.stringify(this.failure ?? this.refusal));
    return this;
  }

  async over(): Promise<this> {
    await this.until(() => this.ends > 0);
    return this;
  }

  get held64k(): number {
    return Math.ceil(this.held / 65_536);
  }

  opened(protocol: string): void {
    this.protocol = protocol;
    this.#changes.emit('change');
  }

  message(data: Uint8Array, binary: boolean): void {
    this.messages.push({ data: Buffer.from(data), binary });
    if (this.holding) this.held += data.length;
    else this.bridge.consumed(data.length);
    this.#changes.emit('change');
  }

  refused(head: ResponseHead, body: Uint8Array): void {
    this.refusal = { head, body: Buffer.from(body).toString() };
    this.#over();
  }

  closed(code: number, reason: string): void {
    this.close = { code, reason };
    this.#over();
  }

  overrun(): void {
    this.isOverrun = true;
    this.#over();
  }

  fail(failure: ForwardFailure): void {
    this.failure = failure;
    this.#over();
  }

  #over(): void {
    this.ends += 1;
    this.#changes.emit('change');
  }
}
