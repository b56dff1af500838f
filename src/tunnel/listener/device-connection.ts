// A device connection is a dial that waits for its answer, then a WebSocket.
import type { HttpResponse, WebSocket } from 'uWebSockets.js';
import type { Handshake } from '../../server/handshake.js';
import { lateUpgrade } from '../../server/late-upgrade.js';

/** The user data of a device's WebSocket. */
export interface Connected {
  readonly connection: DeviceConnection;
}

/**
 * The only holder of a device's `HttpResponse` and `WebSocket`. uWebSockets.js throws when one of them is used after its end, which
 * would end the process, so this class drops each when it ends: every method may be called at any time, and after the end does
 * nothing.
 */
export class DeviceConnection {
  readonly #handshake: Handshake;
  /** The dial, while it waits for its answer. */
  #res: HttpResponse | undefined;
  /** The WebSocket, while it is open. */
  #ws: WebSocket<Connected> | undefined;

  /**
   * The connection must be made before the handler of the dial returns.
   * @param left called when the device hangs up before its answer; never within the constructor
   */
  constructor(res: HttpResponse, handshake: Handshake, left: () => void = () => {}) {
    this.#res = res;
    this.#handshake = handshake;
    res.onAborted(() => {
      this.#res = undefined;
      left();
    });
  }

  /** Whether the connection has ended: the dial waits no more, and no WebSocket is open. */
  get over(): boolean {
    return this.#res === undefined && this.#ws === undefined;
  }

  /** Answers the dial. @param write writes the whole answer */
  refuse(write: (res: HttpResponse) => void): void {
    const res = this.#res;
    this.#res = undefined;
    res?.cork(() => write(res));
  }

  /**
   * Upgrades the dial to a WebSocket with `data` as its user data, and the first subprotocol that the device offered;
   * {@link opened} is called within.
   */
  accept<Data extends Connected>(data: Data): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#res = undefined;
    const { key, protocols, extensions, context } = this.#handshake;
    const [protocol = ''] = protocols;
    lateUpgrade(res, () => res.upgrade<Data>(data, key, protocol, extensions, context));
  }

  /** The WebSocket has opened. It must not be ended before this turn is over: see {@link lateUpgrade}. */
  opened(ws: WebSocket<Connected>): void {
    this.#ws = ws;
  }

  /** The WebSocket has closed, by either side. */
  closed(): void {
    this.#ws = undefined;
  }

  /** Sends bytes. @returns false: they were dropped, as too many wait already */
  send(bytes: Uint8Array): boolean {
    return this.#ws === undefined || this.#ws.send(bytes, true) !== 2;
  }

  /** Bytes that were sent and have not left for the operating system. */
  get waiting(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  /** Closes the WebSocket with a close frame (RFC 6455 §7.4), which leaves after the bytes that wait. */
  end(code: number, reason: string): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.end(code, reason);
  }

  /** Breaks the connection: nothing more is sent. */
  break(): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.close();
  }
}
