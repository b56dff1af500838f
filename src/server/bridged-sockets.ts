// `BridgedSockets` serves the WebSockets of a listener's callers, each bridged to a device.
import type { WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import { CLOSE_CODE } from '../contract/session.js';
import { MAX_WEBSOCKET_MESSAGE } from '../contract/websocket.js';
import uWS from './uws.js';
import type { Bridged } from './websocket-bridge.js';

/** Seconds without a byte after which a WebSocket is closed; uWebSockets.js pings it before. */
const IDLE_SECONDS = 120;

/** The open WebSockets of a listener's callers. */
export class BridgedSockets {
  readonly #open = new Set<WebSocket<Bridged>>();
  #draining = false;

  /** The behaviour, for uWebSockets.js, of bridged WebSockets; `upgrade` decides on their handshakes. */
  behaviour(upgrade: NonNullable<WebSocketBehavior<Bridged>['upgrade']>): WebSocketBehavior<Bridged> {
    return {
      maxPayloadLength: MAX_WEBSOCKET_MESSAGE,
      maxBackpressure: 2 * MAX_WEBSOCKET_MESSAGE,
      idleTimeout: IDLE_SECONDS,
      compression: uWS.DISABLED,
      upgrade,
      open: (ws) => {
        this.#open.add(ws);
        ws.getUserData().bridge.socketOpened(ws);
        // The WebSocket may be ended only after the upgrade: see `lateUpgrade`.
        if (this.#draining) queueMicrotask(() => this.#end(ws));
      },
      message: (ws, message, binary) => ws.getUserData().bridge.socketMessage(message, binary),
      drain: (ws) => ws.getUserData().bridge.drained(),
      close: (ws, code, message) => {
        this.#open.delete(ws);
        ws.getUserData().bridge.socketClosed(code, message);
      },
    };
  }

  /** Closes all WebSockets with 1001, including those whose handshake the device answers later. */
  drain(): void {
    this.#draining = true;
    for (const ws of [...this.#open]) this.#end(ws);
  }

  #end(ws: WebSocket<Bridged>): void {
    if (this.#open.has(ws)) ws.end(CLOSE_CODE.draining, 'draining');
  }
}
