// The list of routes has every route that a resource's folder exports: the tests that walk the list walk all of them.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Route } from '../../../src/http/route.js';
import { root } from '../../scripts/root.js';
import { ROUTES } from '../routes.js';

const RESOURCES = join(root, 'src/http/api');

const nameOf = ({ methods, path }: Route): string => `${methods} ${path}`;

/** The routes that the modules of a resource's folder export, as lists or as functions of what they need. */
async function routesOf(folder: string): Promise<Route[]> {
  const files = readdirSync(join(RESOURCES, folder)).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(
    files.map((file) => import(`../../../src/http/api/${folder}/${file.replace(/\.ts$/, '.js')}`)),
  );
  return modules
    .flatMap((module: Record<string, unknown>) => Object.entries(module))
    .filter(([name]) => /Routes?$/.test(name))
    .flatMap(([, made]) => (typeof made === 'function' ? made({}) : made));
}

test('every folder under src/http/api is a resource, and its routes are in the list that all tests walk', async () => {
  const folders = readdirSync(RESOURCES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.ok(folders.length >= 8);
  const listed = new Set(ROUTES.map(nameOf));
  const exported = new Set<string>();
  for (const { name: folder } of folders) {
    const routes = await routesOf(folder);
    assert.ok(routes.length > 0, `${folder} exports no routes`);
    for (const route of routes) {
      assert.ok(listed.has(nameOf(route)), `${nameOf(route)} of ${folder} is not in src/http/api/routes.ts`);
      exported.add(nameOf(route));
    }
  }
  assert.deepEqual([...exported].sort(), [...listed].sort());
});
