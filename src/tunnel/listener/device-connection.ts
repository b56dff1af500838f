import type { HttpResponse, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { lateUpgrade } from '../../server/late-upgrade.js';

/** The parts of a dial that uWebSockets.js wants back at the upgrade. */
export interface DialHandshake {
  readonly key: string;
  readonly protocol: string;
  readonly extensions: string;
  readonly context: us_socket_context_t;
}

/** What is kept with a device's WebSocket. */
export interface Connected {
  readonly connection: DeviceConnection;
}

/**
 * A device's connection: a dial that waits for its answer, then a WebSocket. uWebSockets.js throws at whatever is done with
 * either after its end, which would end the process. Only this class holds them, and lets go of them when they end: every
 * method may be called at any time, and after the end does nothing.
 */
export class DeviceConnection {
  readonly #handshake: DialHandshake;
  /** While the dial waits. */
  #res: HttpResponse | undefined;
  /** While the WebSocket is open. */
  #ws: WebSocket<Connected> | undefined;

  /**
   * Only before the handler of the dial returns.
   * @param left the dial is gone before its answer; never called at once
   */
  constructor(res: HttpResponse, handshake: DialHandshake, left: () => void = () => {}) {
    this.#res = res;
    this.#handshake = handshake;
    res.onAborted(() => {
      this.#res = undefined;
      left();
    });
  }

  /** The dial waits for its answer no more, and there is no WebSocket: not yet, or no more. */
  get over(): boolean {
    return this.#res === undefined && this.#ws === undefined;
  }

  /** Answers the dial. @param write writes the whole answer */
  refuse(write: (res: HttpResponse) => void): void {
    const res = this.#res;
    this.#res = undefined;
    res?.cork(() => write(res));
  }

  /** Makes the dial a WebSocket that has `data`; {@link opened} is called within. */
  accept<Data extends Connected>(data: Data): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#res = undefined;
    const { key, protocol, extensions, context } = this.#handshake;
    lateUpgrade(res, () => res.upgrade<Data>(data, key, protocol, extensions, context));
  }

  /** The WebSocket has opened. It may not be ended before this turn is: see {@link lateUpgrade}. */
  opened(ws: WebSocket<Connected>): void {
    this.#ws = ws;
  }

  /** The WebSocket has closed, whoever closed it. */
  closed(): void {
    this.#ws = undefined;
  }

  /** False: the bytes were dropped, as too many wait already. */
  send(bytes: Uint8Array): boolean {
    return this.#ws === undefined || this.#ws.send(bytes, true) !== 2;
  }

  /** Bytes sent that the system has not taken. */
  get waiting(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  /** Closes the WebSocket with a close frame (RFC 6455 §7.4), which goes after what waits. */
  end(code: number, reason: string): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.end(code, reason);
  }

  /** Breaks the WebSocket: nothing more is sent. */
  break(): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.close();
  }
}
