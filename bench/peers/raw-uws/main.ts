// This peer answers by itself, with no tunnel: the least that a call through uWebSockets.js costs.
import uWS from 'uWebSockets.js';
import { ready } from '../ready.js';

/**
 * The ceiling: uWebSockets.js that answers the internal forward call itself, with what the device would have said.
 * No tunnel, no device, no check of anything.
 */
uWS
  .App()
  .post('/internal/forward/http', (response) => {
    response.cork(() => {
      response.writeHeader('Content-Type', 'text/plain').end('hello');
    });
  })
  .listen('127.0.0.1', 0, (socket) => {
    if (socket === false) throw new Error('cannot listen on 127.0.0.1');
    ready({ internal: `http://127.0.0.1:${uWS.us_socket_local_port(socket)}` });
  });
