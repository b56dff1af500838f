// This file shows an OpenAPI document as an HTML page.
import { createHash } from 'node:crypto';
import { escapeHtml } from '../../../web/html.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { background: #f4f5f7; padding: .75rem; overflow-x: auto; }
details { border-top: 1px solid #dde1e6; padding: .5rem 0; } summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
summary span { color: #57606a; }
`;

/** The policy under which the page is shown: the page has one style, and neither scripts nor anything to load. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(STYLE)
  .digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Json = { readonly [name: string]: unknown };

/** Shows an OpenAPI document as a page that needs no script. */
export function docsPage(document: Json): string {
  const { title, version, description } = document.info as Json;
  const operations = Object.entries(document.paths as Json).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, operation]) =>
      operationHtml(method, path, operation as Json),
    ),
  );
  const { schemas } = document.components as Json;
  const shapes = Object.entries(schemas as Json).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${json(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)} API</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)} API ${escapeHtml(version)}</h1>
<p>${escapeHtml(description)} As a document for programs: <a href="/api/openapi.json">openapi.json</a>.</p>
<h2>Routes</h2>${operations.join('\n')}
<h2>Schemas</h2>${shapes.join('\n')}
</body></html>
`;
}

function operationHtml(method: string, path: string, operation: Json): string {
  const { summary, security, parameters, requestBody, responses } = operation;
  const isPublic = (security as unknown[]).length === 0;
  const parts = Object.entries({ parameters, requestBody, responses }).filter(
    ([, part]) => part !== undefined,
  );
  return `<details><summary><b>${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code>
<span>${escapeHtml(summary)}${isPublic ? ' (public)' : ''}</span></summary>
${parts.map(([name, part]) => `<p>${escapeHtml(name)}</p>${json(part)}`).join('\n')}</details>`;
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, undefined, 2))}</pre>`;
}
