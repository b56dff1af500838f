// The inbox of a session holds the bytes that its device sent and its actor has not read.
import type { ActorRef } from '../../../actors/behaviour.js';
import type { Host } from '../../../actors/host.js';
import { Fifo } from '../../../collections/fifo.js';
import { defaultConfig } from '../../yamux/config.js';
import { RECEIVE_CREDIT } from '../wire/limits.js';
import type { SessionIn } from '../wire/session-in.js';

/**
 * Bytes of one device that may wait beyond its windows: frame headers, control frames, and data that it sent on streams
 * before it learned of their reset. A device that sends more is broken or hostile: its tunnel ends.
 */
export const RECEIVE_SLACK = 16 * 1024 * 1024;

/** The rough overhead of a waiting message, in bytes; it is counted, so that many small messages cannot evade the bound. */
const MESSAGE_COST = 128;

/**
 * Passes bytes of a device on to its session actor, at most {@link RECEIVE_CREDIT} at a time; the rest waits here, so that no
 * device can fill the link that it shares with all others of its host. A WebSocket of uWebSockets.js cannot be paused, so
 * the owner of the inbox looks at `unread` and ends a tunnel that goes beyond {@link receiveBound}.
 */
export class Inbox {
  readonly #host: Pick<Host, 'writable' | 'onWritable'>;
  readonly #actor: Pick<ActorRef<SessionIn>, 'tell'>;
  /** The messages that wait; the queue is created with the first, and dropped after the last. */
  #waiting: Fifo<Uint8Array> | undefined;
  /** How many bytes of the oldest waiting message were passed on. */
  #at = 0;
  /** Bytes that wait, with {@link MESSAGE_COST} for each message. */
  #held = 0;
  /** Bytes on their way to the actor. */
  #passed = 0;
  /** True while the link is full; the link calls back when it has room. */
  #awaitsLink = false;

  constructor(host: Pick<Host, 'writable' | 'onWritable'>, actor: Pick<ActorRef<SessionIn>, 'tell'>) {
    this.#host = host;
    this.#actor = actor;
  }

  /** Bytes that were received and that the actor has not read. */
  get unread(): number {
    return this.#passed + this.#held;
  }

  /** Takes bytes from the device; they are copied before this returns. */
  put(bytes: Uint8Array): void {
    const passed = this.#held === 0 ? this.#pass(bytes) : 0;
    if (passed === bytes.length) return;
    const rest = Buffer.from(bytes.subarray(passed));
    this.#held += rest.length + MESSAGE_COST;
    this.#waiting ??= new Fifo();
    this.#waiting.push(rest);
  }

  /** The actor has read `bytes`. */
  read(bytes: number): void {
    this.#passed -= bytes;
    this.#passWaiting();
  }

  /** Drops the messages that wait. */
  clear(): void {
    this.#waiting = undefined;
    this.#held = 0;
    this.#at = 0;
  }

  #passWaiting(): void {
    const waiting = this.#waiting;
    for (let next = waiting?.peek(); next !== undefined; next = waiting?.peek()) {
      const passed = this.#pass(this.#at === 0 ? next : next.subarray(this.#at));
      this.#at += passed;
      this.#held -= passed;
      if (this.#at < next.length) return;
      waiting?.shift();
      this.#at = 0;
      this.#held -= MESSAGE_COST;
    }
    this.#waiting = undefined;
  }

  /** Passes bytes on to the actor. @returns how many of them */
  #pass(bytes: Uint8Array): number {
    const size = Math.min(bytes.length, RECEIVE_CREDIT - this.#passed);
    if (size === 0) return 0;
    const part = size === bytes.length ? bytes : bytes.subarray(0, size);
    if (!this.#host.writable || !this.#actor.tell({ kind: 'received', bytes: part })) {
      this.#awaitLink();
      return 0;
    }
    this.#passed += size;
    return size;
  }

  #awaitLink(): void {
    if (this.#awaitsLink) return;
    this.#awaitsLink = true;
    this.#host.onWritable(() => {
      this.#awaitsLink = false;
      this.#passWaiting();
    });
  }
}

/** Unread bytes that a device cannot exceed with this many exchanges under way, if it keeps to its windows. */
export function receiveBound(exchanges: number): number {
  const { initialWindow, maxWindow, windowGrowth } = defaultConfig;
  return RECEIVE_SLACK + Math.min(exchanges * maxWindow, exchanges * initialWindow + windowGrowth);
}
