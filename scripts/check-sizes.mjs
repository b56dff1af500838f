// Keeps source files small enough to read: fails where one is over the bound or their shape is off.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const MAX = 500;
const P90 = 300;
const MEDIAN = 130;

/** @param {string} folder */
function sizes(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .sort((a, b) => a.lines - b.lines);
}

const source = sizes('src');
const at = (/** @type {number} */ share) => source[Math.floor((source.length - 1) * share)]?.lines ?? 0;
const [median, p90] = [at(0.5), at(0.9)];
process.stdout.write(`src: ${source.length} files, median ${median} lines, p90 ${p90}, longest ${at(1)}\n`);

const problems = [...source, ...sizes('test')]
  .filter(({ lines }) => lines > MAX)
  .map(({ file, lines }) => `${file} has ${lines} lines, more than ${MAX}: split it by what it is about`);
if (median > MEDIAN) problems.push(`the median of src is ${median} lines, more than ${MEDIAN}`);
if (p90 > P90) problems.push(`a tenth of src is longer than ${P90} lines`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
