// This file lists the routes of the REST API for tests that walk them all.

import { type RestNeeds, restRoutes } from '../../src/http/api/routes.js';
import type { Operation } from '../../src/http/operation.js';
import type { Route } from '../../src/http/route.js';

/** Every route of the REST API, made of nothing: they are walked, and requests go to an API that a test starts. */
export const ROUTES: readonly Route[] = restRoutes({} as RestNeeds);

/** The routes that users may call. */
export const USER_ROUTES = ROUTES.filter(({ access }) => access === 'user');

/** The operation of a route's one method. Undefined: it has several, or programs do not call it. */
export function operationOf({ methods, describe }: Route): Operation | undefined {
  const [method] = methods;
  return methods === 'ANY' || method === undefined ? undefined : describe(method.toLowerCase());
}

/** Whether a route takes a JSON body. */
export function takesBody(route: Route): boolean {
  return operationOf(route)?.requestBody !== undefined;
}
