// These routes serve the page at `/` and its files.
import { ASSETS, ASSETS_VERSION, assets, etagOf } from '../../../web/assets.js';
import { APP_POLICY, htmlPage } from '../../../web/html.js';
import { fileRoute } from '../../file-route.js';
import type { Route } from '../../route.js';

/** The HTML that the page's script replaces. */
const BODY = `<div id="app"><noscript><main class="card"><h1>visionA</h1>
<p>This page needs JavaScript. The <a href="/api/docs">API</a> does not.</p></main></noscript></div>`;

const PAGE = Buffer.from(htmlPage({ title: 'visionA', assets: ASSETS, body: BODY, script: 'app.js' }));

/** The routes of the page on which people sign in, and of its files. */
export const pageRoutes: readonly Route[] = [
  fileRoute('/', 'The page on which people sign in and pair devices', {
    body: PAGE,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': APP_POLICY,
      'Cross-Origin-Opener-Policy': 'same-origin',
    },
    etag: etagOf(PAGE),
  }),
  ...[...assets].map(([name, { body, contentType, etag }]) =>
    fileRoute(`/web/{version}/${name}`, 'A file of the page', {
      body,
      headers: { 'Content-Type': contentType },
      etag,
      version: ASSETS_VERSION,
    }),
  ),
];
