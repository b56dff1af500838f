// FakeProxy stands where remote-proxy should, and answers as the test says, byte for byte.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ProxyForwarder, type ProxyForwarderOptions } from '../../../src/tunnel/remote/proxy-forwarder.js';
import { ProxyPool, type ProxyPoolOptions } from '../../../src/tunnel/remote/proxy-pool.js';
import { INTERNAL_SECRET } from '../../support/proxy-fixture.js';
import { roomyBudget } from './unread.js';

/** What is not as it is by default. */
export type FakeProxyOptions = Partial<ProxyPoolOptions & ProxyForwarderOptions>;

/** What stands where remote-proxy should: answers as the test says, byte for byte. */
export class FakeProxy {
  /** Heads of the requests that came, and how many connections they came over. */
  readonly heads: string[] = [];
  readonly sockets: Socket[] = [];
  readonly forwarder: ProxyForwarder;
  /** Called with each whole head. */
  answer: (socket: Socket, head: string) => void = () => {};
  readonly #server: Server;
  readonly #pool: ProxyPool;

  private constructor(server: Server, options: FakeProxyOptions) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}`);
    this.#pool = new ProxyPool({ url, secret: INTERNAL_SECRET, ...options });
    this.forwarder = new ProxyForwarder({ pool: this.#pool, budget: roomyBudget(), ...options });
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(options: FakeProxyOptions = {}): Promise<FakeProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeProxy(server, options);
  }

  async close(): Promise<void> {
    this.forwarder.close();
    await this.#pool.close();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end + 4);
        text = text.slice(end + 4);
        this.heads.push(head);
        this.answer(socket, head);
      }
    });
  }
}
