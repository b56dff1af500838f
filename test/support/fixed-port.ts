// `fixedPort` finds a free port that a listener can have again after a restart.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds a free port for a listener that will need it again after a restart. uSockets sets SO_REUSEADDR for a named port only, so
 * a port that the system chose stays taken while an old connection is in TIME_WAIT. The port is below those that the kernel hands
 * out, so that nobody else gets it meanwhile.
 */
export async function fixedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // The port is taken, so another one is tried.
    }
  }
}
