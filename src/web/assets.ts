import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageFile } from '../http/page-file.js';

/** As the sources have it: a style sheet and an icon are not compiled. From dist/src/web. */
const STATIC = new URL('../../../src/web/static/', import.meta.url);
/** The page's own modules, compiled. */
const MODULES = new URL('./page/', import.meta.url);
/** preact and htm in one module, as their authors ship it. */
const PREACT = new URL(import.meta.resolve('htm/preact/standalone'));

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files of the page by their names. */
const contents = new Map<string, Buffer>([
  ['preact.js', readFileSync(PREACT)],
  ...filesIn(STATIC),
  ...filesIn(MODULES),
]);

/** Changes whenever one of them does. */
const VERSION = versionOf(contents);

/** Where this version of them is; modules name each other by relative paths, so that they stay in one version. */
export const ASSETS = `/web/${VERSION}`;

/** The files of the page, by their names. */
export const assets: ReadonlyMap<string, PageFile> = new Map(
  [...contents].map(([name, body]) => [
    name,
    {
      body,
      headers: { 'Content-Type': TYPES[extname(name)] as string },
      etag: etagOf(body),
      version: VERSION,
    },
  ]),
);

/** An entity tag for a file with this content. */
export function etagOf(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

function filesIn(folder: URL): [string, Buffer][] {
  const names = readdirSync(fileURLToPath(folder)).filter((name) => extname(name) in TYPES);
  return names.sort().map((name) => [name, readFileSync(new URL(name, folder))]);
}

function versionOf(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const [name, body] of files) hash.update(`${name} ${body.length}\n`).update(body);
  return hash.digest('base64url').slice(0, 16);
}
