import { z } from 'zod';
import { VERSION } from '../version.js';
import { publicRoute } from './json-route.js';
import { openApi } from './openapi.js';
import type { JsonRoute, Route } from './route.js';

/** The route that describes all routes. @param routes asked at the first request: it is one of them itself */
export function openApiRoute(routes: () => readonly Route[]): JsonRoute {
  let document: Record<string, unknown> | undefined;
  return publicRoute(
    {
      method: 'GET',
      path: '/api/openapi.json',
      summary: 'This API as an OpenAPI 3.1 document',
      answer: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }),
    },
    async () => {
      document ??= openApi(routes(), VERSION);
      return document as { openapi: string };
    },
  );
}
