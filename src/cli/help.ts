// This file writes the help texts from the list of commands.
import type { Setting } from '../config/setting.js';
import type { Command } from './command.js';

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

/** The default of a setting as documentation writes it; undefined if there is none. */
export function defaultOf({ fallback, fallbackDoc, placeholder }: Setting<unknown>): string | undefined {
  return placeholder === undefined ? undefined : (fallbackDoc ?? fallback);
}

function flagHelp(setting: Setting<unknown>): string {
  const { flag, placeholder, doc, env, required } = setting;
  const value = defaultOf(setting);
  const origin = [
    env === undefined ? undefined : env,
    required ? 'required' : value === undefined ? undefined : `default: ${value}`,
  ].filter((part) => part !== undefined);
  const note = origin.length === 0 ? '' : `\n      [${origin.join('; ')}]`;
  return `  --${flag}${placeholder === undefined ? '' : ` ${placeholder}`}\n      ${doc}${note}\n`;
}

/** The text of `visiona COMMAND --help`. */
export function commandHelp({ name, summary, operands, table, examples }: Command): string {
  const flags = Object.values(table);
  const usage = ['visiona', name, ...operands, ...(flags.length > 0 ? ['[FLAGS]'] : [])].join(' ');
  const sections = [`${summary}\n\nUsage: ${usage}\n`];
  if (flags.length > 0)
    sections.push(`Flags (a flag is stronger than its variable):\n${flags.map(flagHelp).join('')}`);
  if (examples.length > 0) sections.push(`Examples:\n${examples.map((line) => `  ${line}\n`).join('')}`);
  return sections.join('\n');
}

function commandRows(commands: readonly Command[]): string {
  return columns(commands.map(({ name, operands, summary }) => [[name, ...operands].join(' '), summary]));
}

/** The text of `visiona GROUP --help`; GROUP is the first word of several commands. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  return `Usage: visiona ${group} COMMAND [FLAGS]

Commands:
${commandRows(commands)}
"visiona ${group} COMMAND --help" explains a command and its flags.
`;
}

/** The text of `visiona help`. */
export function overview(commands: readonly Command[]): string {
  return `visiona: tunnels from edge devices behind NAT, and a REST API that reaches them

Usage: visiona COMMAND [FLAGS]

Commands:
${commandRows(commands)}
"visiona COMMAND --help" explains a command and its flags; "visiona config" prints what is in force.
`;
}
