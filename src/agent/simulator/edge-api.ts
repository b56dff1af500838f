// A virtual edge host is its system and its modules; `routes` lists the endpoints of its edge API, and `route` runs the one
// for a request.
import type { ServiceProblem } from '../service/problem.js';
import { PROBLEM_TYPE, problemBody } from '../service/problem.js';
import type { NpuModule } from './module.js';
import { ModuleBay } from './module-bay.js';
import { System } from './system.js';

/** A virtual edge host: its system, its modules, its clock. */
export interface EdgeHost {
  readonly system: System;
  readonly modules: ModuleBay;
  /** The wall-clock time in ms. */
  readonly now: () => number;
}

/** Boots a host. `serial` is hexadecimal. */
export function bootHost(serial: string, now: () => number): EdgeHost {
  const bootedAt = now();
  return { system: new System(serial, bootedAt), modules: new ModuleBay(bootedAt), now };
}

/** A route's answer, ready to send. */
export interface EdgeAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** One endpoint of the edge API (04-rest-api §4.2). `{id}` in the path stands for one segment. */
export interface EdgeRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly answer: (host: EdgeHost, id: string) => EdgeAnswer;
}

/** Literal paths stand before those with `{id}`: the first route that fits a path answers it. */
export const routes: readonly EdgeRoute[] = [
  { method: 'GET', path: '/api/system', answer: (host) => json(host.system.view(host.now())) },
  { method: 'GET', path: '/api/modules', answer: listModules },
  {
    method: 'POST',
    path: '/api/modules/scan',
    answer: (host) => json(host.modules.startScan(host.now()), 202),
  },
  { method: 'GET', path: '/api/modules/{id}', answer: ofModule((module, now) => json(module.view(now))) },
  {
    method: 'POST',
    path: '/api/modules/{id}/connect',
    answer: ofModule((module, now) => changed(module.connect(now), module, now)),
  },
  {
    method: 'POST',
    path: '/api/modules/{id}/disconnect',
    answer: ofModule((module, now) => changed(module.disconnect(now), module, now)),
  },
];

function listModules(host: EdgeHost): EdgeAnswer {
  const now = host.now();
  return json({ items: host.modules.list(now), scan: host.modules.scan(now) ?? null });
}

function ofModule(answer: (module: NpuModule, now: number) => EdgeAnswer): EdgeRoute['answer'] {
  return (host, id) => {
    const now = host.now();
    const module = host.modules.get(id, now);
    if (module !== undefined) return answer(module, now);
    return edgeProblem({ code: 'module-not-found', status: 404, detail: `There is no module "${id}".` });
  };
}

/** Answers 202 while the module changes its state, and 200 when it has the state already. */
function changed(isAccepted: boolean, module: NpuModule, now: number): EdgeAnswer {
  const view = module.view(now);
  if (!isAccepted) {
    const detail = `The module is ${view.state}; try again when it has settled.`;
    return edgeProblem({ code: 'module-busy', status: 409, detail });
  }
  const isSettled = view.state === 'connected' || view.state === 'disconnected';
  return json(view, isSettled ? 200 : 202);
}

/** An answer with a JSON body. */
export function json(value: unknown, status = 200): EdgeAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** An answer with problem details. */
export function edgeProblem(details: ServiceProblem): EdgeAnswer {
  return { status: details.status, type: PROBLEM_TYPE, body: problemBody(details) };
}

/** The result of routing; `allow` is the header of that name, for a 405. */
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

/** The decoded path segments; none if the path is not valid. */
function segmentsOf(target: string): string[] {
  const path = target.split('?', 1)[0] ?? '';
  try {
    return path.startsWith('/') ? path.slice(1).split('/').map(decodeURIComponent) : [];
  } catch {
    // A stray % (URIError) fits no route.
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
