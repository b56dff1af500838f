// This file declares a command, the surroundings that it runs in, and how it prints.
import type { Writable } from 'node:stream';
import type { RawSettings } from '../config/read.js';
import type { SettingTable } from '../config/setting.js';
import { OutputError } from './errors.js';
import type { SignalSource } from './process/run.js';

/** The surroundings of a command: environment, streams and signals. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signals: SignalSource;
}

/** One call of a command. It has as many operands as the command names. */
export interface Invocation extends CommandIo {
  /** The flags and variables, not parsed yet. */
  readonly raw: RawSettings;
  readonly operands: readonly string[];
}

/** One command. The command line is parsed by this declaration, and help is written from it. */
export interface Command {
  /** The name, of one word or two: `up`, `device add`. */
  readonly name: string;
  readonly summary: string;
  /** The names of the operands, which follow the flags. */
  readonly operands: readonly string[];
  readonly table: SettingTable;
  readonly examples: readonly string[];
  /** Runs the command. @returns the exit code */
  run(invocation: Invocation): Promise<number>;
}

/** Writes `text` to the standard output; resolves when the stream has taken it. @throws OutputError */
export function print(stdout: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => (error ? reject(new OutputError(error)) : resolve()));
  });
}
