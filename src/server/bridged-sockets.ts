// This file serves the WebSockets of a listener's callers that are bridged to devices.
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

  /** How uWebSockets.js serves bridged WebSockets whose handshakes `upgrade` decides. */
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
        // After the upgrade, see lateUpgrade.
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

  /** Closes all with 1001, also those whose handshake the device has not answered yet. */
  drain(): void {
    this.#draining = true;
    for (const ws of [...this.#open]) this.#end(ws);
  }

  #end(ws: WebSocket<Bridged>): void {
    if (this.#open.has(ws)) ws.end(CLOSE_CODE.draining, 'draining');
  }
}
