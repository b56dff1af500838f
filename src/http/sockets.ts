import uWS, { type WebSocket, type WebSocketBehavior } from 'uWebSockets.js';
import type { Bridged } from '../server/websocket-bridge.js';
import { CLOSE_CODE } from '../tunnel/session/contract.js';
import { MAX_WEBSOCKET_MESSAGE } from '../tunnel/session/limits.js';

/** Seconds without a byte after which a WebSocket is closed; it is pinged before. */
const IDLE_SECONDS = 120;

/** The open WebSockets of callers. */
export class Sockets {
  readonly #open = new Set<WebSocket<Bridged>>();

  get size(): number {
    return this.#open.size;
  }

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
      },
      message: (ws, message, binary) => ws.getUserData().bridge.socketMessage(message, binary),
      drain: (ws) => ws.getUserData().bridge.drained(),
      close: (ws, code, message) => {
        this.#open.delete(ws);
        ws.getUserData().bridge.socketClosed(code, message);
      },
    };
  }

  /** Closes all with 1001. */
  drain(): void {
    for (const ws of [...this.#open]) ws.end(CLOSE_CODE.draining, 'draining');
  }
}
