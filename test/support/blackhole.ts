// BlackHole is a TCP relay between a device and a server, with faults on command.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Lane } from './lane.js';

/** A direction of a connection: `up` is from the dialling side (the device) to the server, `down` is the other way. */
export type Direction = 'up' | 'down' | 'both';

/**
 * Ends a connection with RST, but not while its FIN is on the way: Node 20 then leaves a handle that never closes, and the
 * process spins at its end.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** One relayed connection. */
export class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly up: Lane;
  readonly down: Lane;
  /** Fulfilled when both sockets are gone. */
  readonly closed: Promise<void>;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    this.up = new Lane(client, server);
    this.down = new Lane(server, client);
    client.on('error', () => client.destroy());
    server.on('error', () => server.destroy());
    client.once('close', () => this.#lost(this.up, server));
    server.once('close', () => this.#lost(this.down, client));
    this.closed = Promise.all([gone(client), gone(server)]).then(() => undefined);
  }

  /** Stops forwarding and keeps both sockets open. */
  hole(direction: Direction = 'both'): void {
    for (const lane of this.#lanes(direction)) lane.hole();
  }

  /** Forwards again, beginning with the bytes that waited, as a path does that came back. */
  resume(direction: Direction = 'both'): void {
    for (const lane of this.#lanes(direction)) lane.resume();
    if (this.#client.destroyed) this.#lost(this.up, this.#server);
    if (this.#server.destroyed) this.#lost(this.down, this.#client);
  }

  /** Adds `ms` of latency to each given direction. */
  delay(ms: number, direction: Direction = 'both'): void {
    for (const lane of this.#lanes(direction)) lane.delay(ms);
  }

  /** Ends the connection with RST towards both ends, now. */
  cut(): void {
    this.up.stop();
    this.down.stop();
    reset(this.#client);
    reset(this.#server);
  }

  #lanes(direction: Direction): Lane[] {
    if (direction === 'both') return [this.up, this.down];
    return [direction === 'up' ? this.up : this.down];
  }

  /** Handles the end of one socket: the other end learns it, unless the lane to it is holed. */
  #lost(lane: Lane, other: Socket): void {
    if (!lane.holed) other.destroy();
  }
}

/**
 * A TCP relay on 127.0.0.1 between a device and a server, with faults on command. Both ends see a fault only as bytes, silence or
 * RST.
 */
export class BlackHole {
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #target: number;
  #refusing = false;
  #silent = false;
  #delayMs = 0;
  #waiting: ((link: Link) => void)[] = [];
  #relayed = 0;

  /** Starts a relay to 127.0.0.1:`targetPort`. */
  static async start(targetPort: number): Promise<BlackHole> {
    const listener = createServer({ allowHalfOpen: true });
    const relay = new BlackHole(listener, targetPort);
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return relay;
  }

  private constructor(listener: Server, targetPort: number) {
    this.#listener = listener;
    this.#target = targetPort;
    listener.on('connection', (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The live connections, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** The number of connections that were made through the relay so far. */
  get relayed(): number {
    return this.#relayed;
  }

  /** Waits for the next connection. */
  nextLink(): Promise<Link> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Sends new connections to another port, as to a server that came back elsewhere. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** While true, resets new connections at once. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** While true, black-holes new connections at once, as a server that hangs. */
  silence(silent: boolean): void {
    this.#silent = silent;
  }

  /** Black-holes every live connection; later ones pass, as after a lost NAT entry. */
  hole(direction: Direction = 'both'): void {
    for (const link of this.#links) link.hole(direction);
  }

  resume(direction: Direction = 'both'): void {
    for (const link of this.#links) link.resume(direction);
  }

  /** Adds `ms` of latency each way to every live and later connection. */
  delay(ms: number): void {
    this.#delayMs = ms;
    for (const link of this.#links) link.delay(ms);
  }

  /** Resets every live connection. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /** Ends every connection and the listener. */
  async close(): Promise<void> {
    this.#listener.close();
    const links = this.links;
    this.cut();
    await Promise.all(links.map((link) => link.closed));
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      reset(client);
      return;
    }
    client.setNoDelay(true);
    const server = connect({ host: '127.0.0.1', port: this.#target, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, server);
    if (this.#delayMs > 0) link.delay(this.#delayMs);
    if (this.#silent) link.hole();
    this.#links.add(link);
    this.#relayed += 1;
    void link.closed.then(() => this.#links.delete(link));
    for (const resolve of this.#waiting.splice(0)) resolve(link);
  }
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
