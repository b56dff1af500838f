import type { MessagePort } from 'node:worker_threads';
import type { LinkBounds } from '../link/link.js';
import { PortTransport } from '../link/port-transport.js';
import { HostServer } from './host-server.js';
import { loadImplementations } from './load-implementations.js';

/** What a host thread gets to begin with; `port` is transferred. */
export interface HostThreadTask {
  readonly port: MessagePort;
  readonly module: string;
  readonly data: unknown;
  readonly bounds: LinkBounds;
}

/** The Piscina task that is a host: it returns when the host has stopped, and rejects when its module is no good. */
export default async function runHost(task: HostThreadTask): Promise<void> {
  const implementations = await loadImplementations(task.module, task.data);
  const server = new HostServer(new PortTransport(task.port), implementations, task.bounds);
  await server.stopped;
  server.close();
}
