// This file joins a device's end to a relay: the tunnel, and the local service behind it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/actors/clock.js';
import { connectUrl, dial } from '../../src/agent/dial.js';
import type { StreamService } from '../../src/agent/service/stream-service.js';
import { Tunnel, type TunnelOptions } from '../../src/agent/tunnel.js';
import { type Config, makeConfig } from '../../src/tunnel/yamux/config.js';
import { Relay, type RelayOptions } from '../support/relay.js';
import type { RelayTunnel } from '../support/relay-tunnel.js';

export interface Connected {
  readonly relay: Relay;
  /** The device's end. */
  readonly tunnel: Tunnel;
  /** The cloud's end. */
  readonly remote: RelayTunnel;
}

/** Of the device's end. */
export type TunnelSettings = Pick<TunnelOptions, 'remoteDrainMs' | 'remoteCloseMs'> & {
  yamux?: Partial<Config>;
};

/** A relay that ends with the test. */
export async function startRelay(t: TestContext, options: RelayOptions = {}): Promise<Relay> {
  const relay = await Relay.start(options);
  t.after(() => relay.close());
  return relay;
}

/** One tunnel between a relay and `service`, without the dialer; `port` puts a fault in between. */
export async function connectDevice(
  t: TestContext,
  service: StreamService,
  { yamux = {}, ...rest }: TunnelSettings = {},
  via?: (relay: Relay) => Promise<number>,
): Promise<Connected> {
  const relay = await startRelay(t);
  const port = via === undefined ? relay.port : await via(relay);
  const dialled = await dial(
    connectUrl(new URL(`ws://127.0.0.1:${port}`)),
    'token',
    new AbortController().signal,
  );
  assert.equal(dialled.kind, 'open');
  const tunnel = new Tunnel(dialled.socket, {
    service,
    clock: systemClock,
    yamux: makeConfig(yamux),
    ...rest,
  });
  return { relay, tunnel, remote: await relay.tunnel() };
}

/** A local HTTP service on the device; ends with the test. */
export async function startService(
  t: TestContext,
  listener: RequestListener,
): Promise<{ url: URL; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), server };
}

/** A local service on the device that is plain TCP; everything ends with the test. */
export async function startTcp(t: TestContext, serve: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
