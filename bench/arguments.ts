// `parseArguments` reads the command line of `npm run bench`.
import { parseArgs } from 'node:util';
import type { Size } from './benchmark.js';

/** The text that says how to call `npm run bench`. */
export const USAGE = `npm run bench [-- [NAME…] [--full]]   runs benchmarks, all if none is named
npm run bench -- --report FILE        writes the tables and plots of an earlier run of all, FILE, into bench/RESULTS.md`;

/** A command line that cannot be followed; the message says why in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The parsed command line. */
export type Asked =
  | { readonly what: 'help' }
  | { readonly what: 'report'; readonly file: string }
  | { readonly what: 'run'; readonly names: readonly string[]; readonly size: Size };

/**
 * @param known the names of all benchmarks
 * @throws UsageError
 */
export function parseArguments(args: readonly string[], known: readonly string[]): Asked {
  const { values, positionals } = parsed(args);
  if (values.help) return { what: 'help' };
  if (values.report !== undefined) return { what: 'report', file: values.report };
  const wrong = positionals.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new UsageError(`there is no benchmark ${wrong}; there are ${known.join(', ')}`);
  return {
    what: 'run',
    names: positionals.length > 0 ? positionals : known,
    size: values.full ? 'full' : 'small',
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        full: { type: 'boolean', default: false },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
