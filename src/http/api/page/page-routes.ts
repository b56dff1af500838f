import { ASSETS, assets, etagOf } from '../../../web/assets.js';
import { APP_POLICY, htmlPage } from '../../../web/html.js';
import type { PageFile } from '../../page-file.js';
import type { FileRoute } from '../../route.js';

/** Filled in by the script. */
const BODY = `<div id="app"><noscript><main class="card"><h1>visionA</h1>
<p>This page needs JavaScript. The <a href="/api/docs">API</a> does not.</p></main></noscript></div>`;

function appPage(): PageFile {
  const body = Buffer.from(htmlPage({ title: 'visionA', assets: ASSETS, body: BODY, script: 'app.js' }));
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': APP_POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
  };
  return { body, headers, etag: etagOf(body), version: undefined };
}

function fileRoute(path: string, summary: string, file: PageFile): FileRoute {
  return { kind: 'file', access: 'public', methods: ['GET'], path, summary, file };
}

/** The page at `/` and its files. */
export const webRoutes: readonly FileRoute[] = [
  fileRoute('/', 'The page on which people sign in and pair devices', appPage()),
  ...[...assets].map(([name, file]) => fileRoute(`/web/{version}/${name}`, 'A file of the page', file)),
];
