import { z } from 'zod';
import { VERSION } from '../../../version.js';
import { publicRoute } from '../../json-route.js';
import { openApi } from '../../openapi.js';
import { HtmlReply } from '../../reply.js';
import type { JsonRoute, Route } from '../../route.js';
import { DOCS_POLICY, docsPage } from './docs-page.js';

/** The routes that describe all routes. @param routes asked at the first request: these are among them */
export function docsRoutes(routes: () => readonly Route[]): readonly JsonRoute[] {
  let made: { readonly document: { openapi: string }; readonly page: string } | undefined;
  const docs = () => {
    if (made === undefined) {
      const document = openApi(routes(), VERSION);
      made = { document, page: docsPage(document) };
    }
    return made;
  };
  return [
    publicRoute(
      {
        method: 'GET',
        path: '/api/openapi.json',
        summary: 'This API as an OpenAPI 3.1 document',
        answer: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }),
      },
      async () => docs().document,
    ),
    publicRoute(
      { method: 'GET', path: '/api/docs', summary: 'This API as a page', status: 200 },
      async () => {
        return new HtmlReply(docs().page, { 'Content-Security-Policy': DOCS_POLICY });
      },
    ),
  ];
}
