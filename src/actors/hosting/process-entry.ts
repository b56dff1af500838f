import { IpcTransport } from '../link/ipc-transport.js';
import { HostServer } from './host-server.js';
import { loadImplementations } from './load-implementations.js';
import type { HostTask } from './start-client.js';

/** The program of a host process. Exits with 0 when its owner has stopped it, with 1 on a fault. */
async function runHost(task: HostTask): Promise<void> {
  const transport = new IpcTransport(process);
  const server = new HostServer(transport, task.bounds);
  process.on('uncaughtException', (error) => {
    server.fault(error);
    void transport.flushed().then(() => process.exit(1));
  });
  server.ready(await loadImplementations(task.module, task.data));
  await server.stopped;
  await transport.flushed();
  process.exit(0);
}

// The parent died: nobody would ever stop this process.
process.on('disconnect', () => process.exit(1));

// A terminal or a service manager signals the whole group; the owner decides when its hosts end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

// The first message is the task; all others are batches.
process.once('message', (task: HostTask) => void runHost(task));
