import { type EdgeAnswer, edgeProblem, json } from './answer.js';
import type { EdgeHost } from './edge-host.js';
import type { NpuModule } from './module.js';

/** One endpoint of the edge API (04-rest-api §4.2). `{id}` in the path stands for one segment. */
export interface EdgeRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly answer: (host: EdgeHost, id: string) => EdgeAnswer;
}

/** Literal paths before those with `{id}`: the first that fits a path is its owner. */
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

/** 202 while the module is on its way, 200 when it is there already. */
function changed(isAccepted: boolean, module: NpuModule, now: number): EdgeAnswer {
  const view = module.view(now);
  if (!isAccepted) {
    const detail = `The module is ${view.state}; try again when it has settled.`;
    return edgeProblem({ code: 'module-busy', status: 409, detail });
  }
  const isSettled = view.state === 'connected' || view.state === 'disconnected';
  return json(view, isSettled ? 200 : 202);
}
