// This file runs one command line: it finds the command or its help, and describes errors.
import { readArguments } from '../config/arguments.js';
import { ConfigError, type ConfigIssue } from '../config/errors.js';
import { nearest } from '../config/nearest.js';
import type { RawSettings } from '../config/read.js';
import { readSetting } from '../config/read.js';
import { findIssues } from '../config/rules.js';
import type { SettingTable } from '../config/setting.js';
import { ListenError } from '../net/address.js';
import { VERSION } from '../version.js';
import type { Command, CommandIo } from './command.js';
import { print } from './command.js';
import { commands } from './commands.js';
import { CliError, OutputError } from './errors.js';
import { commandHelp, groupHelp, overview } from './help.js';

interface Match {
  readonly command: Command;
  readonly rest: readonly string[];
}

function matchCommand(args: readonly string[]): Match | undefined {
  for (const command of commands) {
    const words = command.name.split(' ');
    if (words.every((word, at) => args[at] === word)) return { command, rest: args.slice(words.length) };
  }
  return undefined;
}

/** The commands of two words whose first word is `word`. */
function groupOf(word: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

function noSuchCommand(args: readonly string[]): string {
  const names = commands.map(({ name }) => name);
  const words = args[0] ?? '';
  const group = groupOf(words).map(({ name }) => name);
  if (group.length > 0 && args.length === 1) {
    return `"${words}" is no command by itself; use one of: ${group.join(', ')}; see visiona ${words} --help`;
  }
  const near = nearest(args.slice(0, 2).join(' '), names) ?? nearest(words, names);
  if (group.length > 0) return `"${args.join(' ')}" is no command; use one of: ${group.join(', ')}`;
  return `there is no command "${words}"; ${near === undefined ? 'see visiona help' : `did you mean "${near}"?`}`;
}

function checkOperands(command: Command, operands: readonly string[]): ConfigIssue[] {
  const missing = command.operands
    .slice(operands.length)
    .map((name) => ({ name, problem: 'it is missing; add it' }));
  const extra = operands
    .slice(command.operands.length)
    .map((name) => ({ name: `"${name}"`, problem: `${command.name} takes nothing here; leave it out` }));
  return [...missing, ...extra];
}

async function runCommand({ command, rest }: Match, io: CommandIo): Promise<number> {
  const { flags, positionals, help, issues } = readArguments(rest, command.table);
  const raw = { flags, env: io.env };
  if (help) {
    await print(io.stdout, commandHelp(command));
    return 0;
  }
  // The value of an unknown flag looks like an operand, so operands are checked only if the flags are valid.
  const all = issues.length > 0 ? issues : checkOperands(command, positionals);
  if (all.length > 0) throw new ConfigError([...all, ...findIssues(command.table, raw)]);
  try {
    return await command.run({ ...io, raw, operands: positionals });
  } catch (error) {
    throw withListenSetting(error, command.table, raw);
  }
}

async function help(args: readonly string[], { stdout }: CommandIo): Promise<number> {
  const match = matchCommand(args);
  const group = args.length === 1 ? groupOf(args[0] ?? '') : [];
  if (group.length > 0) {
    await print(stdout, groupHelp(args[0] ?? '', group));
    return 0;
  }
  if (args.length > 0 && match === undefined) throw new CliError('ERR_USAGE', noSuchCommand(args));
  await print(stdout, match === undefined ? overview(commands) : commandHelp(match.command));
  return 0;
}

async function dispatch(args: readonly string[], io: CommandIo): Promise<number> {
  const [first] = args;
  if (first === undefined || first === '--help' || first === '-h') return help([], io);
  if (first === 'help') return help(args.slice(1), io);
  if (first === '--version') {
    await print(io.stdout, `${VERSION}\n`);
    return 0;
  }
  const match = matchCommand(args);
  if (args.length === 2 && (args[1] === '--help' || args[1] === '-h') && groupOf(first).length > 0) {
    return help([first], io);
  }
  if (match === undefined) throw new CliError('ERR_USAGE', noSuchCommand(args));
  return runCommand(match, io);
}

/** Describes an error. An error with a code is an expected one, and its message says what to do; any other needs its stack. */
function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return `visiona: ${String(error)}`;
  return `visiona: ${'code' in error ? error.message : (error.stack ?? error.message)}`;
}

/** Runs one command line. @returns the exit code: 0, or 1 with the reason on standard error. Never rejects. */
export async function main(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    // The reader closed the pipe (head, less): not an error.
    if (error instanceof OutputError && error.closedByReader) return 0;
    io.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}

/** Adds to a {@link ListenError} the setting of its address, which the operator can change. Returns other errors as they are. */
function withListenSetting(error: unknown, table: SettingTable, raw: RawSettings): unknown {
  if (!(error instanceof ListenError)) return error;
  const { host, port } = error.address;
  const names = Object.values(table).flatMap((setting) => {
    const reading = readSetting(setting, raw);
    if (!reading.ok || !isAddress(reading.value)) return [];
    if (reading.value.host !== host || reading.value.port !== port) return [];
    return [reading.source === 'flag' || setting.env === undefined ? `--${setting.flag}` : setting.env];
  });
  if (names.length === 0) return error;
  return new ListenError(error.address, names.join(' or '));
}

function isAddress(value: unknown): value is ListenError['address'] {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}
