import { createRequire } from 'node:module';
import type { Registry } from 'prom-client';
import { VERSION } from '../version.js';
import { gauge } from './families.js';

/** Exposes what runs here, as labels of a gauge that is always 1: it is joined to other metrics. */
export function exposeBuild(registry: Registry): void {
  const { version: uws } = createRequire(import.meta.url)('uWebSockets.js/package.json') as {
    version: string;
  };
  const labels = { version: VERSION, node: process.versions.node, uws };
  gauge(
    registry,
    'visiona_build_info',
    'What runs here: the versions of visionA-backend, Node.js and uWebSockets.js. Always 1.',
    ['version', 'node', 'uws'],
    () => [[labels, 1]],
  );
}
