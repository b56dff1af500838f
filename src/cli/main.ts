import { readArguments } from '../config/arguments.js';
import { ConfigError, type ConfigIssue } from '../config/errors.js';
import { nearest } from '../config/nearest.js';
import { findIssues } from '../config/rules.js';
import { VERSION } from '../version.js';
import type { Command, CommandIo } from './command.js';
import { commands } from './commands.js';
import { CliError } from './errors.js';
import { commandHelp, groupHelp, overview } from './help.js';
import { withListenSetting } from './listen-settings.js';
import { OutputError, print } from './print.js';

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

/** The commands whose first word this is, and which have another. */
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

async function runCommand({ command, rest }: Match, surroundings: CommandIo): Promise<number> {
  const { flags, positionals, help, issues } = readArguments(rest, command.table);
  const given = { flags, env: surroundings.env };
  if (help) {
    await print(surroundings.stdout, commandHelp(command));
    return 0;
  }
  // A value behind a flag that does not exist looks like an operand: one mistake is enough.
  const all = issues.length > 0 ? issues : checkOperands(command, positionals);
  if (all.length > 0) throw new ConfigError([...all, ...findIssues(command.table, given)]);
  try {
    return await command.run({ ...surroundings, given, operands: positionals });
  } catch (error) {
    throw withListenSetting(error, command.table, given);
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

async function dispatch(args: readonly string[], surroundings: CommandIo): Promise<number> {
  const [first] = args;
  if (first === undefined || first === '--help' || first === '-h') return help([], surroundings);
  if (first === 'help') return help(args.slice(1), surroundings);
  if (first === '--version') {
    await print(surroundings.stdout, `${VERSION}\n`);
    return 0;
  }
  const match = matchCommand(args);
  if (args.length === 2 && (args[1] === '--help' || args[1] === '-h') && groupOf(first).length > 0) {
    return help([first], surroundings);
  }
  if (match === undefined) throw new CliError('ERR_USAGE', noSuchCommand(args));
  return runCommand(match, surroundings);
}

/** An error with a code was expected and says what to do; of others the stack is the only help there is. */
function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return `visiona: ${String(error)}`;
  return `visiona: ${'code' in error ? error.message : (error.stack ?? error.message)}`;
}

/** Runs one command line. @returns the exit code: 0, or 1 with the reason on standard error. Never rejects. */
export async function main(args: readonly string[], surroundings: CommandIo): Promise<number> {
  try {
    return await dispatch(args, surroundings);
  } catch (error) {
    // Who reads it has seen enough.
    if (error instanceof OutputError && error.closedByReader) return 0;
    surroundings.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}
