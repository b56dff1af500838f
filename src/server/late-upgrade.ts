import uWS, { type HttpResponse, type TemplatedApp } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** A response of this process to itself that is never given; see {@link lateUpgrade}. */
class Spare {
  readonly #app: TemplatedApp;
  readonly #socket: Socket;
  #res: HttpResponse | undefined;

  private constructor(app: TemplatedApp, socket: Socket) {
    this.#app = app;
    this.#socket = socket;
    // It goes with the process, and its end is `onAborted`.
    socket.unref().on('error', () => {});
  }

  static async open(): Promise<Spare> {
    const path = `/${randomUUID()}`;
    const app = uWS.App();
    const asked = new Promise<HttpResponse>((resolve) => {
      app.get(path, (res) => {
        res.onAborted(() => spare.#lost());
        resolve(res);
      });
    });
    const listening = await new Promise<uWS.us_listen_socket>((resolve, reject) => {
      app.listen(LOOPBACK, 0, (socket) => {
        if (socket === false) reject(new Error(`no port on ${LOOPBACK} is free`));
        else resolve(socket);
      });
    });
    const socket = connect(uWS.us_socket_local_port(listening as unknown as uWS.us_socket), LOOPBACK);
    const spare = new Spare(app, socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${LOOPBACK}\r\n\r\n`);
    spare.#res = await Promise.race([asked, once(socket, 'close').then(() => undefined)]);
    uWS.us_listen_socket_close(listening);
    return spare;
  }

  get res(): HttpResponse | undefined {
    return this.#res;
  }

  close(): void {
    this.#app.close();
    this.#socket.destroy();
  }

  #lost(): void {
    this.#res = undefined;
  }
}

let opening: Promise<Spare> | undefined;
let ready: Spare | undefined;
let listeners = 0;

/** Makes {@link lateUpgrade} ready; each listener does so before it takes connections, and releases it with its own end. */
export async function holdUpgrades(): Promise<void> {
  listeners += 1;
  opening ??= Spare.open();
  ready = await opening;
}

/** The end of {@link holdUpgrades}. */
export function releaseUpgrades(): void {
  listeners -= 1;
  if (listeners > 0) return;
  ready?.close();
  ready = undefined;
  opening = undefined;
}

/**
 * Completes a WebSocket handshake after an await: `upgrade` writes and upgrades `res`.
 *
 * Not in a cork of `res` itself: uWebSockets.js looks, after such a cork, for a connection to close in memory that the
 * upgrade has given back, and closes the new WebSocket when it finds a certain bit there (uWebSockets pull request 1929).
 * Not without any cork either: it would warn on stderr each time. So another response is corked meanwhile.
 */
export function lateUpgrade(res: HttpResponse, upgrade: () => void): void {
  (ready?.res ?? res).cork(upgrade);
}
