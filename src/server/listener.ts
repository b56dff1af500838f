// `listen` binds a uWebSockets.js application to an address.
import type { TemplatedApp, us_listen_socket, us_socket } from 'uWebSockets.js';
import type { Address } from '../net/address.js';
import { ListenError } from '../net/address.js';
import { prepareUpgrades } from './late-upgrade.js';
import uWS from './uws.js';

/** The option LIBUS_LISTEN_EXCLUSIVE_PORT of uSockets. */
const EXCLUSIVE_PORT = 1;

/** A form of `listen` with host, port and options, which the binary has and its types lack. */
type ListenExclusive = (
  host: string,
  port: number,
  options: number,
  bound: (socket: us_listen_socket | false) => void,
) => TemplatedApp;

/** A bound uWebSockets.js application. Main thread only (ADR 0009). */
export interface Listener {
  readonly host: string;
  /** The port in use, also if 0 was asked for. */
  readonly port: number;
  /** Accepts no more connections; open ones go on. */
  stopAccepting(): void;
  /** Closes the listener and every connection. */
  close(): void;
}

/** Binds `app`, whose handlers may then use `lateUpgrade`. @throws ListenError */
export async function listen(app: TemplatedApp, address: Address): Promise<Listener> {
  await prepareUpgrades();
  return bind(app, address);
}

function bind(app: TemplatedApp, address: Address): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const bound = (socket: us_listen_socket | false): void => {
      if (socket === false) return reject(new ListenError(address));
      let accepting = true;
      resolve({
        host: address.host,
        port: uWS.us_socket_local_port(socket as unknown as us_socket),
        stopAccepting: () => {
          if (accepting) uWS.us_listen_socket_close(socket);
          accepting = false;
        },
        close: () => {
          accepting = false;
          app.close();
        },
      });
    };
    // Without EXCLUSIVE_PORT a second process on the port would silently share its connections.
    (app.listen as unknown as ListenExclusive).call(app, address.host, address.port, EXCLUSIVE_PORT, bound);
  });
}
