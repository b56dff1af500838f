import type { Writable } from 'node:stream';
import type { RawSettings } from '../config/read.js';
import type { SettingTable } from '../config/setting.js';
import type { SignalSource } from './process/run.js';

/** What a command works with, beside its arguments. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signals: SignalSource;
}

/** One call of a command: its flags and variables, and its operands, as many as it names. */
export interface Invocation extends CommandIo {
  readonly given: RawSettings;
  readonly operands: readonly string[];
}

/** One command: the source of the command line's parsing and of its help. */
export interface Command {
  /** One word or two: `up`, `device add`. */
  readonly name: string;
  readonly summary: string;
  /** The names of what follows the flags. */
  readonly operands: readonly string[];
  readonly table: SettingTable;
  readonly examples: readonly string[];
  /** @returns the exit code */
  run(invocation: Invocation): Promise<number>;
}
