// This script keeps source files at a readable size: it fails if a file is too long, or too many are long or small.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const MAX = 500;
const P90 = 300;
const MEDIAN = 130;
/** The size in lines below which a file is small: opening it tells a reader little. */
const SMALL = 30;
const SMALL_SHARE = 0.08;

/** Lists the files of a folder, with their lines, shortest first. @param {string} folder */
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
const small = source.filter(({ lines }) => lines < SMALL);
const percent = Math.round((100 * small.length) / source.length);
process.stdout.write(
  `src: ${source.length} files, median ${median} lines, p90 ${p90}, longest ${at(1)}, ${percent} % under ${SMALL}\n`,
);

const problems = [...source, ...sizes('test')]
  .filter(({ lines }) => lines > MAX)
  .map(({ file, lines }) => `${file} has ${lines} lines, more than ${MAX}: split it by what it is about`);
if (median > MEDIAN) problems.push(`the median of src is ${median} lines, more than ${MEDIAN}`);
if (p90 > P90) problems.push(`a tenth of src is longer than ${P90} lines`);
if (small.length > SMALL_SHARE * source.length) {
  problems.push(
    `${small.length} files of src have fewer than ${SMALL} lines, more than ${100 * SMALL_SHARE} %: join some with their one user`,
  );
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
