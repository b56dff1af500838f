// This is the Piscina task of a host thread: it loads the host's module and serves the owner over a port.
import type { MessagePort } from 'node:worker_threads';
import { PortTransport } from '../link/port-transport.js';
import { HostServer, loadImplementations } from './host-server.js';
import type { HostTask } from './start-client.js';

/** The task of a host thread; `port` is transferred. */
export interface HostThreadTask extends HostTask {
  readonly port: MessagePort;
}

/** The Piscina task that is a host: it returns when the host has stopped, and rejects when its module cannot be loaded. */
export default async function runHost(task: HostThreadTask): Promise<void> {
  const server = new HostServer(new PortTransport(task.port), task.bounds);
  server.ready(await loadImplementations(task.module, task.data));
  await server.stopped;
  server.close();
}
