// This file turns the paths and methods of routes into those of uWebSockets.js.
import type { Method, Route } from './route.js';

type UwsMethod = 'any' | 'get' | 'head' | 'post' | 'put' | 'patch' | 'del';

const UWS_METHODS = {
  GET: ['get', 'head'],
  POST: ['post'],
  PUT: ['put'],
  PATCH: ['patch'],
  DELETE: ['del'],
} as const;

/** The path of a route for uWebSockets.js: `/a/{id}/{rest…}` → `/a/:id/*`. */
export function uwsPattern(path: string): string {
  return path.replace(/\{\w+…\}$/, '*').replace(/\{(\w+)\}/g, ':$1');
}

/** The names of a path's segments, in the order in which uWebSockets.js numbers them. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** The functions of uWebSockets.js that register routes with these methods. */
export function uwsMethods(methods: Route['methods']): readonly UwsMethod[] {
  return methods === 'ANY' ? ['any'] : methods.flatMap((method): readonly UwsMethod[] => UWS_METHODS[method]);
}

/** The value of `Allow` for a path that has these routes. */
export function allowedMethods(routes: readonly Route[]): string {
  const methods = routes.flatMap((route): readonly Method[] =>
    route.methods === 'ANY' ? [] : route.methods,
  );
  return methods.flatMap((method) => (method === 'GET' ? [method, 'HEAD'] : [method])).join(', ');
}

/** The routes of each path, in the order of the list. */
export function routesByPath(routes: readonly Route[]): Map<string, Route[]> {
  const byPath = new Map<string, Route[]>();
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  return byPath;
}
