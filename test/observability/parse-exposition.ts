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

const SAMPLE = /^(?<name>[a-z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/i;

function sampleOf(line: string): Sample & { readonly name: string } {
  const groups = SAMPLE.exec(line)?.groups;
  if (groups === undefined) throw new Error(`not a sample: ${line}`);
  const { name = '', labels = '', value } = groups;
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]);
  return {
    name,
    text: line.slice(0, line.lastIndexOf(' ')),
    labels: Object.fromEntries(pairs),
    value: Number(value),
  };
}

/** Reads Prometheus text (format 0.0.4); a sample outside a declared family is an error. */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let help = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [mark, keyword, name = '', ...rest] = line.split(' ');
    if (mark === '#' && keyword === 'HELP') help = rest.join(' ');
    else if (mark === '#') families.set(name, { help, type: rest.join(' '), samples: [] });
    else {
      const { name: full, ...sample } = sampleOf(line);
      const family = families.get(full) ?? families.get(full.replace(/_(bucket|sum|count)$/, ''));
      if (family === undefined) throw new Error(`no family was declared for: ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}
