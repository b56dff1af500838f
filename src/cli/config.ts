import { describeConfig } from '../config/report.js';
import type { Invocation } from './command.js';

/** `visiona config`: prints every setting; with mistakes it says them and exits 1. */
export async function printConfig({ given, stdout, stderr }: Invocation): Promise<number> {
  const { rows, mistakes, notes } = describeConfig(given);
  const width = (column: 'name' | 'value'): number => Math.max(...rows.map((row) => row[column].length));
  const [names, values] = [width('name'), width('value')];
  for (const { name, value, source } of rows) {
    stdout.write(`${name.padEnd(names)}  ${value.padEnd(values)}  ${source}\n`);
  }
  for (const { name, problem } of [...notes, ...mistakes]) stderr.write(`${name}: ${problem}\n`);
  return mistakes.length === 0 ? 0 : 1;
}
