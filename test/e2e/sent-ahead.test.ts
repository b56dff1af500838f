import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { RestProcess } from './kit/rest-process.js';

const MIB = 2 ** 20;
const REQUESTS = 2000;
/** What the process may take for it; the answers together are a hundred and more. */
const MEMORY = 50 * MIB;

let up: RestProcess;

before(async () => {
  up = await RestProcess.start('up');
});
after(() => up.close());

test('B1: answers of our own to requests that are sent ahead, and not read, are not piled up', async () => {
  const answer = await up.signIn('alice').then((alice) => alice.get('/api/openapi.json'));
  const size = (await answer.text()).length;
  assert.ok(REQUESTS * size > 2 * MEMORY, 'they would be too small to show');
  const idle = up.program.residentBytes;
  up.program.forgetPeak();
  const socket = connect(up.port, '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write('GET /api/openapi.json HTTP/1.1\r\nHost: visiona\r\n\r\n'.repeat(REQUESTS));
  // Others are answered after all that was read before.
  await once(socket, 'connect');
  for (let i = 0; i < 50; i += 1) assert.equal((await fetch(up.url('/api/openapi.json'))).status, 200);
  const grown = up.program.peakBytes - idle;
  assert.ok(grown < MEMORY, `${Math.round(grown / MIB)} MiB above the idle process`);
  socket.destroy();
});
