import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import requestContext from 'oidc-provider/lib/helpers/als.js';
import { quietBetweenRequests } from '../../../src/auth/dev-provider/between-requests.js';

/** Whether hooks of the thread are on for it: Node has no public name for this. */
const isOn = (): boolean => (requestContext as unknown as { enabled: boolean }).enabled;

test('the hooks of the thread are on while a request is under way, and off after the last', async (t) => {
  const answers: ServerResponse[] = [];
  const server = createServer(
    quietBetweenRequests((_request, response) => {
      requestContext.run('a request', () => answers.push(response));
      server.emit('asked');
    }),
  );
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (): Promise<ServerResponse> => {
    const asked = once(server, 'asked');
    get({ port, host: '127.0.0.1', agent: false }).on('error', () => {});
    await asked;
    return answers.at(-1) as ServerResponse;
  };

  for (let times = 0; times < 2; times++) {
    const [first, second] = [await ask(), await ask()];
    assert.equal(isOn(), true);
    await Promise.all([once(first, 'close'), first.end()]);
    assert.equal(isOn(), true, 'another is under way');
    await Promise.all([once(second, 'close'), second.destroy()]);
    assert.equal(isOn(), false);
  }
});
