// `GoDevice` runs the device that is written in Go, or a fleet of them.
import { EventProcess } from '../../test/support/event-process.js';

/** An event of the Go device, see go-device/events.go. */
export interface GoEvent {
  readonly event: string;
  readonly device?: number;
  /** The HTTP status of a refused dial. */
  readonly status?: number;
  readonly retryAfter?: string;
  /** The WebSocket close code. */
  readonly code?: number;
  readonly reason?: string;
  readonly error?: string;
  readonly method?: string;
  readonly target?: string;
  readonly addr?: string;
  readonly count?: number;
  readonly bytes?: number;
  /** The bytes of TCP payload that all devices of a fleet received so far. */
  readonly received?: number;
  readonly sent?: number;
  readonly micros?: number;
}

/** Flags of the Go device, see go-device/main.go. */
export interface GoDeviceOptions {
  /** The URL to dial: ws://HOST:PORT/tunnel/connect */
  readonly url: string;
  readonly token?: string;
  /** The file with one token a line, one for each device. */
  readonly tokens?: string;
  readonly count?: number;
  /** Sends the credential as ?token= instead of in a header. */
  readonly query?: boolean;
  /** Offers compression of WebSocket messages. */
  readonly compress?: boolean;
  /** How requests are served. `hand`: http.ReadRequest and http.Response.Write; `serve`: http.Serve on the session. */
  readonly style?: 'hand' | 'serve';
  /** Answers in many tiny frames. */
  readonly unbuffered?: boolean;
  /** Sends every byte in a WebSocket message of its own. */
  readonly onebyte?: boolean;
  /** The MaxStreamWindowSize of yamux, in bytes. */
  readonly window?: number;
  /** The keepalive as a Go duration, such as `30s`; `0` for none. */
  readonly keepalive?: string;
  readonly reconnect?: boolean;
  readonly 'retry-min'?: string;
  readonly 'retry-max'?: string;
  readonly parallel?: number;
  /** Prints an event for each request. */
  readonly verbose?: boolean;
}

/** Flags of the bare yamux peer, see go-device/wire.go. */
export interface GoWireOptions {
  readonly wire: 'dial' | 'listen' | 'listen-tcp';
  readonly role: 'client' | 'server';
  readonly url?: string;
  readonly onebyte?: boolean;
  readonly window?: number;
  readonly backlog?: number;
  readonly 'no-accept'?: boolean;
  readonly keepalive?: string;
}

/** A running Go device, a fleet of them, or a bare peer. Always `stop()` it. */
export class GoDevice extends EventProcess<GoEvent> {
  constructor(program: string, options: GoDeviceOptions | GoWireOptions) {
    super(
      program,
      Object.entries(options).map(([name, value]) => `-${name}=${value}`),
    );
  }

  /** Waits for the next event of this name, see `EventProcess.event`. */
  next(name: string, timeoutMs?: number): Promise<GoEvent> {
    return this.event((event) => event.event === name, timeoutMs);
  }

  /** Waits until all its devices are connected, for the first time or again. */
  async connected(timeoutMs?: number): Promise<void> {
    await this.next('all-connected', timeoutMs);
  }

  /** Sends a command of go-device/command.go and waits for its outcome. */
  async ask(command: string, timeoutMs?: number): Promise<GoEvent> {
    this.command(command);
    return this.next(command.split(' ')[0] ?? '', timeoutMs);
  }
}
