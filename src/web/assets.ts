// This file reads the files of the page once: its style, icon, own modules and preact, all under one version.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The style sheet and the icon. They are not compiled: seen from dist/src/web they are among the sources. */
const STATIC = new URL('../../../src/web/static/', import.meta.url);
/** The folder of the page's own compiled modules. */
const MODULES = new URL('./page/', import.meta.url);
/** The module with preact and htm together, as their authors ship it. */
const PREACT = new URL(import.meta.resolve('htm/preact/standalone'));

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files of the page by their names. */
const contents = new Map<string, Buffer>([
  ['preact.js', readFileSync(PREACT)],
  ...filesIn(STATIC),
  ...filesIn(MODULES),
]);

/** The version of the files, which changes whenever one of them does. */
export const ASSETS_VERSION = versionOf(contents);

/** The folder of this version of the files. Modules name each other by relative paths, and so stay in one version. */
export const ASSETS = `/web/${ASSETS_VERSION}`;

/** A file of the page. */
export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
  /** The entity tag, with its quotes. */
  readonly etag: string;
}

/** The files of the page, by their names. */
export const assets: ReadonlyMap<string, Asset> = new Map(
  [...contents].map(([name, body]) => [
    name,
    { body, contentType: TYPES[extname(name)] as string, etag: etagOf(body) },
  ]),
);

/** Makes an entity tag for a file with this content. */
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
