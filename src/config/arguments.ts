// `readArguments` takes a command line apart.
import { parseArgs } from 'node:util';
import type { ConfigIssue } from './errors.js';
import { nearest } from './nearest.js';
import type { Setting, SettingTable } from './setting.js';

/** A command line, taken apart. */
export interface Arguments {
  /** Flag (without its dashes) → text as given. */
  readonly flags: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  readonly help: boolean;
  readonly issues: readonly ConfigIssue[];
}

interface Flag {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

/** Whether a text in the place of a value is another flag. Dashes alone do not make it a flag: a token may begin with them. */
function isFlag(text: string, known: ReadonlyMap<string, unknown>): boolean {
  return text.startsWith('--') && known.has(text.slice(2).split('=', 1)[0] ?? '');
}

function readFlag(flag: Flag, setting: Setting<unknown>, seen: boolean): string | ConfigIssue {
  const name = flag.rawName;
  if (seen) return { name, problem: 'it is given twice; give it once' };
  if (setting.placeholder === undefined) return flag.value ?? 'true';
  if (flag.value === undefined) {
    return { name, problem: `it needs a value; write ${name} ${setting.placeholder}` };
  }
  return flag.value;
}

function unknown(rawName: string, known: readonly string[]): ConfigIssue {
  const near = nearest(rawName, known);
  const advice = near === undefined ? 'see --help for those there are' : `did you mean ${near}?`;
  return { name: rawName, problem: `there is no such flag; ${advice}` };
}

/** Takes a command line apart by a table of settings; every issue is reported, none is thrown. */
export function readArguments(args: readonly string[], table: SettingTable): Arguments {
  const known = new Map(Object.values(table).map((setting) => [setting.flag, setting]));
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(
        [...known].map(([flag, { placeholder }]) => [
          flag,
          { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    },
  });
  const flags = new Map<string, string>();
  const positionals: string[] = [];
  const issues: ConfigIssue[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const setting = known.get(token.name);
    if (token.name === 'help') help = true;
    else if (setting === undefined) {
      issues.push(
        unknown(
          token.rawName,
          [...known.keys()].map((name) => `--${name}`),
        ),
      );
    } else {
      const { name, rawName } = token;
      const swallowed = !token.inlineValue && token.value !== undefined && isFlag(token.value, known);
      const value = swallowed ? undefined : token.value;
      const result = readFlag({ name, rawName, value }, setting, flags.has(name));
      if (typeof result === 'string') flags.set(name, result);
      else issues.push(result);
    }
  }
  return { flags, positionals, help, issues };
}
