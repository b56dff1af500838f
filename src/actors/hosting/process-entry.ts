// This is the program of a host process: it loads the host's module and serves the owner over IPC.
import { IpcTransport } from '../link/ipc-transport.js';
import { HostServer, loadImplementations } from './host-server.js';
import type { HostTask } from './start-client.js';

/** Serves the owner until it stops the host; exits with 0 then, with 1 on a fault. */
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

// The parent died: nothing else would stop this process.
process.on('disconnect', () => process.exit(1));

// A terminal or a service manager signals the whole group; the owner decides when its hosts end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

// The first message is the task; all others are batches.
process.once('message', (task: HostTask) => void runHost(task));
