import { describeConfig } from '../config/report.js';
import type { Invocation } from './command.js';
import { print } from './print.js';

/** `visiona config`: prints every setting; with issues it says them and exits 1. */
export async function printConfig({ given, stdout, stderr }: Invocation): Promise<number> {
  const { rows, issues, notes } = describeConfig(given);
  const width = (column: 'name' | 'value'): number => Math.max(...rows.map((row) => row[column].length));
  const [names, values] = [width('name'), width('value')];
  const lines = rows.map(
    ({ name, value, source }) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${source}\n`,
  );
  await print(stdout, lines.join(''));
  for (const { name, problem } of [...notes, ...issues]) stderr.write(`${name}: ${problem}\n`);
  return issues.length === 0 ? 0 : 1;
}
