// This peer answers by itself, without a tunnel, and so measures the least cost of a call through uWebSockets.js.
import uWS from 'uWebSockets.js';
import { ready } from '../ready.js';

/**
 * The ceiling: uWebSockets.js answers the internal forward call itself, as the device would. There is no tunnel, no device, and
 * no check of anything.
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
