// A `Relay` is the product or a peer, as a benchmark runs, calls and stops it.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How the devices of a relay are called: one header for all of them, a path for each. */
export interface CallForm {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** @param device its place among the relay's devices */
  path(device: number): string;
}

/** A relay that runs: the product or a peer. */
export interface Relay {
  readonly pid: number;
  /** Where devices dial; undefined for a relay that answers itself. */
  readonly tunnel: string | undefined;
  /** The file of its devices' credentials, one a line. */
  readonly tokenFile: string;
  /** How many devices it knows. */
  readonly devices: number;
  /** Where callers call. */
  readonly origin: string;
  /** A folder that goes with it. */
  readonly folder: string;
  /** The request that a caller sends so that a device gets `method` and `target`. */
  form(method: string, target: string): CallForm;
  stop(): Promise<void>;
}

/** How a relay is started. */
export interface RelayOptions {
  readonly devices: number;
  /** Settings beside the defaults; peers have none. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How to start one relay. */
export interface RelayKind<R extends Relay = Relay> {
  readonly subject: string;
  /** Only in the full size. */
  readonly fullOnly?: boolean;
  /** @throws with what is missing */
  start(options: RelayOptions): Promise<R>;
}

/** Calls of some of a relay's devices, in turn. */
export interface Calls {
  readonly method: string;
  readonly target: string;
  /** How many devices; one, if absent. */
  readonly devices?: number;
  /** The place of the first of them; 0, if absent. */
  readonly first?: number;
}

/** Writes down calls for the load generators. */
export function writeCalls(relay: Relay, { method, target, devices = 1, first = 0 }: Calls): Promise<string> {
  const form = relay.form(method, target);
  const lines = Array.from({ length: devices }, (_, i) => `${form.method} ${form.path(first + i)}`);
  return writeRequests(relay, form.headers, lines);
}

/**
 * Writes down requests for the load generators: the header, an empty line, then a method and a path a line. In a file, because
 * there are secrets in it.
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
