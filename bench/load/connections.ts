// `Connections` are the keep-alive connections of a load generator.
import { connect, type Socket } from 'node:net';
import { Answers } from './answers.js';

/** The most connections that a program holds, unless it says otherwise; further calls wait, and their wait counts as latency. */
export const MAX_CONNECTIONS = 1024;

/** A call, and when it was due, in ms of `performance.now()`. */
interface Due {
  readonly request: string;
  readonly at: number;
}

interface Connection {
  readonly socket: Socket;
  /** The call that the connection has sent; undefined: the connection is free. */
  due: Due | undefined;
}

/** How a call ended. */
export interface Ended {
  readonly at: number;
  /** The status of the answer; 0: the connection broke. */
  readonly status: number;
}

/** Keep-alive connections that carry one call at a time each; there are as many as calls at once. */
export class Connections {
  readonly #host: string;
  readonly #port: number;
  readonly #ended: (ended: Ended) => void;
  readonly #limit: number;
  readonly #free: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #waiting: Due[] = [];
  /** The number of calls that have begun, or wait to begin, and have not ended. */
  outstanding = 0;

  /** @param limit the most connections at once */
  constructor(origin: URL, ended: (ended: Ended) => void, limit = MAX_CONNECTIONS) {
    this.#host = origin.hostname;
    this.#port = Number(origin.port);
    this.#ended = ended;
    this.#limit = limit;
  }

  /** Makes a call, at once or when a connection is free. @param at when the call was due */
  call(request: string, at: number): void {
    this.outstanding += 1;
    const due = { request, at };
    const free = this.#free.pop();
    if (free !== undefined) this.#send(free, due);
    else if (this.#all.size < this.#limit) this.#send(this.#open(), due);
    else this.#waiting.push(due);
  }

  /** Breaks off the calls that have begun; calls that wait never begin. */
  close(): void {
    this.#waiting.length = 0;
    for (const { socket } of this.#all) socket.destroy();
  }

  #open(): Connection {
    const socket = connect(this.#port, this.#host).setNoDelay();
    const connection: Connection = { socket, due: undefined };
    this.#all.add(connection);
    const answers = new Answers((status) => this.#answered(connection, status));
    socket.on('data', (chunk: Buffer) => {
      try {
        answers.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    // The error is ignored: only the end of a connection counts.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed(connection));
    return connection;
  }

  #send(connection: Connection, due: Due): void {
    connection.due = due;
    connection.socket.write(due.request, 'latin1');
  }

  #answered(connection: Connection, status: number): void {
    this.#end(connection, status);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else this.#send(connection, next);
  }

  #closed(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    // The next call takes the connection before the end is reported: a call made during the report must not overtake one that
    // waits.
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(this.#open(), next);
    this.#end(connection, 0);
  }

  #end(connection: Connection, status: number): void {
    if (connection.due === undefined) return;
    const { at } = connection.due;
    connection.due = undefined;
    this.outstanding -= 1;
    this.#ended({ at, status });
  }
}
