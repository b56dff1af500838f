// A `Relay` is the product or a peer, as a benchmark starts, calls and stops it.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How the devices of a relay are called: one header for all of them, a path for each. */
export interface CallForm {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The path of a call. @param device the device's index among the relay's devices */
  path(device: number): string;
}

/** A running relay: the product or a peer. */
export interface Relay {
  readonly pid: number;
  /** The URL that devices dial; undefined for a relay that answers by itself. */
  readonly tunnel: string | undefined;
  /** The file of its devices' credentials, one a line. */
  readonly tokenFile: string;
  /** The number of devices that the relay knows. */
  readonly devices: number;
  /** The origin that callers call. */
  readonly origin: string;
  /** A folder for the relay's files. */
  readonly folder: string;
  /** The request that a caller sends so that a device gets `method` and `target`. */
  form(method: string, target: string): CallForm;
  stop(): Promise<void>;
}

/** The options with which a relay is started. */
export interface RelayOptions {
  readonly devices: number;
  /** Settings beside the defaults; peers have none. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A kind of relay, which can be started. */
export interface RelayKind<R extends Relay = Relay> {
  readonly subject: string;
  /** The relay takes part in the full size only. */
  readonly fullOnly?: boolean;
  /** Starts the relay. @throws an error that names the missing program */
  start(options: RelayOptions): Promise<R>;
}

/** Calls to some of a relay's devices, in turn. */
export interface Calls {
  readonly method: string;
  readonly target: string;
  /** The number of devices. Default: 1. */
  readonly devices?: number;
  /** The index of the first device. Default: 0. */
  readonly first?: number;
}

/** Writes calls to a file for the load generators. */
export function writeCalls(relay: Relay, { method, target, devices = 1, first = 0 }: Calls): Promise<string> {
  const form = relay.form(method, target);
  const lines = Array.from({ length: devices }, (_, i) => `${form.method} ${form.path(first + i)}`);
  return writeRequests(relay, form.headers, lines);
}

/**
 * Writes requests to a file for the load generators: the header, an empty line, then a method and a path a line. They are in a
 * file because they contain secrets.
 */
export async function writeRequests(
  { folder }: Relay,
  headers: CallForm['headers'],
  lines: readonly string[],
): Promise<string> {
  const file = path.join(folder, `requests-${randomUUID()}.txt`);
  const header = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  await writeFile(file, [...header, '\n', ...lines.map((line) => `${line}\n`)].join(''), { mode: 0o600 });
  return file;
}
