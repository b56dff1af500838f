// `table` shows a benchmark's figures as Markdown.
import { type Figure, type Outcome, PRODUCT } from './benchmark.js';
import { ratio, type Spread, spread } from './stats.js';

/** Makes a benchmark's figures a Markdown table, with the product's ratio to each peer that took part. */
export function table({ product = PRODUCT, figures, missing }: Outcome): string {
  const rows = bySubject(figures).map((figure) => [
    figure.case,
    `${figure.metric}, ${figure.unit}`,
    figure.subject,
    show(spread(figure.samples)),
    productAgainst(figure, figures, product),
  ]);
  const lines = [['case', 'figure', 'who', 'median (min–max)', 'visiona is ×'], ...rows];
  const absent = missing.map(({ subject, reason }) => `Not measured: ${subject}: ${reason}`);
  return [...(rows.length > 0 ? align(lines) : []), '', ...absent].join('\n').trim();
}

/** Groups the figures of one case and metric, in the order of the first of each group. */
function bySubject(figures: readonly Figure[]): Figure[] {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    const key = JSON.stringify([figure.case, figure.metric]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [figure]);
    else group.push(figure);
  }
  return [...groups.values()].flat();
}

function productAgainst(peer: Figure, figures: readonly Figure[], subject: string): string {
  if (peer.subject === subject || peer.noRatio === true) return '';
  const product = figures.find(
    (other) => other.subject === subject && other.case === peer.case && other.metric === peer.metric,
  );
  // If a subject missed a round, its rounds cannot be paired, so there is no ratio.
  if (product?.samples.length !== peer.samples.length) return '';
  return show(ratio(product.samples, peer.samples));
}

function show({ median, min, max }: Spread): string {
  return `${number(median)} (${number(min)}–${number(max)})`;
}

/** Writes a number with three significant digits, and with its whole integer part. */
function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  });
}

function align(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)];
}
