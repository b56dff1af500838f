// This file parses what `/metrics` prints.
/** One line of a value. */
interface Sample {
  /** Name and labels as they were printed. */
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its samples, those of _bucket, _sum and _count included. */
export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL})(?:,${LABEL})*)?\\})? (\\S+)$`);
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN|Nan)$/i;
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`);

function sampleOf(line: string): Sample & { readonly name: string } {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === '' || !VALUE.test(value)) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
  const byName = Object.fromEntries(pairs);
  if (Object.keys(byName).length !== pairs.length) throw new Error(`a label twice: ${line}`);
  return { name, text: line.slice(0, line.lastIndexOf(' ')), labels: byName, value: Number(value) };
}

/** What a sample of a family may be called. */
function namesOf(name: string, type: string): readonly string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name];
}

/**
 * Reads Prometheus text (format 0.0.4) as strictly as its documentation: a family is declared once, by HELP and TYPE in front
 * of all its samples, which are together; no series is there twice; the text ends with a line.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let help: RegExpExecArray | undefined;
  let current: (Family & { readonly names: readonly string[] }) | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = TYPE.exec(line);
    if (line.startsWith('# HELP ')) help = HELP.exec(line) ?? undefined;
    else if (type !== null) {
      const [, name = '', kind = ''] = type;
      if (families.has(name) || help?.[1] !== name)
        throw new Error(`declared twice, or without HELP: ${line}`);
      current = { help: help[2] ?? '', type: kind, samples: [], names: namesOf(name, kind) };
      families.set(name, current);
    } else {
      const { name, ...sample } = sampleOf(line);
      if (current?.names.includes(name) !== true) throw new Error(`not in its family: ${line}`);
      if (series.has(sample.text)) throw new Error(`a series twice: ${line}`);
      series.add(sample.text);
      current.samples.push(sample);
    }
  }
  return families;
}

/** The value of a series, as it is printed. */
export function seriesValue(families: ReadonlyMap<string, Family>, series: string): number | undefined {
  for (const { samples } of families.values()) {
    const found = samples.find(({ text }) => text === series);
    if (found !== undefined) return found.value;
  }
  return undefined;
}
