import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { fetch } from 'undici';
import { WebSocket } from 'ws';
import { INTERNAL_SECRET, ProxyFixture } from '../../support/proxy-fixture.js';
import { HttpDevice } from '../forward/http-device.js';

const AUTHORIZED = { authorization: `Bearer ${INTERNAL_SECRET.reveal()}` };

/** What is a value of a query, and holds what would be a parameter. */
const DEVICE = 'cam&target=/evil&token=x';

test('what a value of the query holds is no parameter', async () => {
  const fixture = await ProxyFixture.start();
  const device = await new HttpDevice().connect(fixture, DEVICE);
  try {
    const urls: (string | undefined)[] = [];
    device.serve = ({ url }, res) => {
      urls.push(url);
      res.end();
    };
    device.serveSocket = (_socket, { url }) => urls.push(url);
    const query = `device=${encodeURIComponent(DEVICE)}`;

    const answer = await fetch(new URL(`/internal/forward/http?${query}`, fixture.internalUrl), {
      method: 'POST',
      headers: { ...AUTHORIZED, 'x-forward-method': 'GET', 'x-forward-target': '/good' },
    });
    assert.equal(answer.status, 200);

    const url = new URL(`/internal/forward/ws?${query}&target=%2Fgood`, fixture.internalUrl);
    const socket = new WebSocket(url, { headers: AUTHORIZED });
    await once(socket, 'open');
    assert.deepEqual(urls, ['/good', '/good']);
    socket.close();
    await once(socket, 'close');
  } finally {
    await device.close();
    await fixture.close();
  }
});
