// This file reads the imports of a source tree as a graph of files and folders, and finds its circles.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

/** One import: by value or by type, static or dynamic, or of a module that is loaded by its URL. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Matches `from '…'`, `import '…'`, `import('…')`, and `new URL('….js', import.meta.url)`, which names a module for a thread. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)'(\.{1,2}\/[^']+\.js)'/g;

/** Reads the sources of a folder by their paths from `root`, such as `src/actors/clock.ts`. */
export function readSources(root: string, folder: string, extension = '.ts'): ReadonlyMap<string, string> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => name.endsWith(extension)).map((name) => join(folder, name));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Lists every import of one source by another; imports of packages are left out. */
export function importsOf(sources: ReadonlyMap<string, string>): Import[] {
  return [...sources].flatMap(([from, text]) =>
    [...text.matchAll(SPECIFIER)]
      .map(([, specifier = '']) => normalize(join(dirname(from), specifier)).replace(/\.js$/, '.ts'))
      .filter((to) => sources.has(to))
      .map((to) => ({ from, to })),
  );
}

/** Finds the groups of nodes that can be reached from each other, each sorted; a node alone is no circle (Tarjan's algorithm). */
export function circles(edges: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    let lowest = own;
    stack.push(node);
    for (const other of next.get(node) ?? []) {
      if (!index.has(other)) lowest = Math.min(lowest, visit(other));
      else if (stack.includes(other)) lowest = Math.min(lowest, index.get(other) ?? own);
    }
    low.set(node, lowest);
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1) found.push(group.sort());
    }
    return lowest;
  };
  for (const node of next.keys()) if (!index.has(node)) visit(node);
  return found;
}
