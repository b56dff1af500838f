// `plot` draws figures as an SVG.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Figure } from './benchmark.js';
import { spread } from './stats.js';

/**
 * Draws one metric of a benchmark as an SVG: a row for each case, in it a dot for each subject at the median of its rounds, with
 * a line from the least to the most.
 * @param figures all figures of the metric
 */
export async function plot(title: string, figures: readonly Figure[]): Promise<string> {
  const values = figures.map(({ case: name, subject, samples }) => ({ name, subject, ...spread(samples) }));
  const subjects = [...new Set(values.map(({ subject }) => subject))];
  // Subjects are often factors apart, so the scale is logarithmic unless a value is zero or less.
  const type = values.every(({ min }) => min > 0) ? 'log' : 'linear';
  const axis = `${figures[0]?.unit}, ${figures[0]?.better} is better`;
  const place = {
    y: { field: 'name', type: 'nominal', sort: null, axis: { title: null, labelLimit: 400 } },
    yOffset: { field: 'subject', sort: subjects },
    color: { field: 'subject', type: 'nominal', sort: subjects, legend: { title: null, labelLimit: 300 } },
  } as const;
  const x = { type: 'quantitative', scale: { type, nice: true }, axis: { title: axis } } as const;
  const spec: TopLevelSpec = {
    background: 'white',
    title,
    width: 480,
    height: { step: 12 },
    data: { values },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { ...place, x: { field: 'min', ...x }, x2: { field: 'max' } },
      },
      {
        mark: { type: 'point', filled: true, size: 50 },
        encoding: { ...place, x: { field: 'median', ...x } },
      },
    ],
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
