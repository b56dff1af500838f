import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that is free, for a listener that is to have it again after a restart: uSockets sets SO_REUSEADDR for a given port
 * only, so one that it was given for 0 stays taken while an old connection is in TIME_WAIT. It is below those that the
 * kernel hands out, so that nobody is given it meanwhile.
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
      // It is taken.
    }
  }
}
