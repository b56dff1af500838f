import { type EdgeAnswer, edgeProblem } from './answer.js';
import type { EdgeHost } from './edge-host.js';
import { routes } from './routes.js';

/** What came out of routing; `allow` is the header of that name, with 405. */
export interface Routed {
  readonly answer: EdgeAnswer;
  readonly allow?: string;
}

/** Finds and runs the route for a request. */
export function route(host: EdgeHost, method: string, target: string): Routed {
  const segments = segmentsOf(target);
  const path = routes.find((candidate) => fits(candidate.path, segments))?.path;
  if (path === undefined) {
    return {
      answer: edgeProblem({ code: 'not-found', status: 404, detail: 'The edge API has no such path.' }),
    };
  }
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = routes.find((candidate) => candidate.path === path && candidate.method === wanted);
  if (found !== undefined) return { answer: found.answer(host, segments[2] ?? '') };
  const allow = allowed(path);
  return {
    answer: edgeProblem({ code: 'method-not-allowed', status: 405, detail: `This path takes ${allow}.` }),
    allow,
  };
}

function allowed(path: string): string {
  const methods = routes.filter((candidate) => candidate.path === path).map(({ method }) => method);
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

/** Decoded path segments; none for what is no valid path. */
function segmentsOf(target: string): string[] {
  const path = target.split('?', 1)[0] ?? '';
  try {
    return path.startsWith('/') ? path.slice(1).split('/').map(decodeURIComponent) : [];
  } catch {
    // A stray % (URIError): no path of ours has one.
    return [];
  }
}

function fits(path: string, segments: readonly string[]): boolean {
  const pattern = path.slice(1).split('/');
  return (
    pattern.length === segments.length &&
    pattern.every((part, at) => (part === '{id}' ? segments[at] !== '' : part === segments[at]))
  );
}
