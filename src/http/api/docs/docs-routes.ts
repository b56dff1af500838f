// These routes describe all routes: as an OpenAPI document, and as a page that shows the document.
import { z } from 'zod';
import { VERSION } from '../../../version.js';
import { jsonRoute } from '../../json-route.js';
import { openApi } from '../../openapi.js';
import { HtmlReply } from '../../reply.js';
import type { Route } from '../../route.js';
import { DOCS_POLICY, docsPage } from './docs-page.js';

let schema: z.ZodObject<{ openapi: z.ZodString }, z.core.$loose> | undefined;

/** Makes the schema of the document, once and at the first call, so that it stays the last of the document's schemas. */
function documentSchema() {
  schema ??= z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });
  return schema;
}

/** The routes that describe all routes. @param routes is called at the first request, as these routes are among the result */
export function docsRoutes(routes: () => readonly Route[]): readonly Route[] {
  let rendered: { readonly document: { openapi: string }; readonly page: string } | undefined;
  const docs = () => {
    if (rendered === undefined) {
      const document = openApi(routes(), VERSION);
      rendered = { document, page: docsPage(document) };
    }
    return rendered;
  };
  return [
    jsonRoute(
      {
        access: 'public',
        method: 'GET',
        path: '/api/openapi.json',
        summary: 'This API as an OpenAPI 3.1 document',
        answer: documentSchema(),
      },
      async () => docs().document,
    ),
    jsonRoute(
      { access: 'public', method: 'GET', path: '/api/docs', summary: 'This API as a page', status: 200 },
      async () => new HtmlReply(docs().page, { 'Content-Security-Policy': DOCS_POLICY }),
    ),
  ];
}
