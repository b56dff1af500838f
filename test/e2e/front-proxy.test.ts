import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Agent } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { logged, scratch, spawnAgent } from '../agent/agent-process.js';
import { HttpBrowser } from '../support/http-browser.js';
import { caddy, FrontProxy, nginx } from './kit/front-proxy.js';
import { Person, RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const MIB = 1 << 20;

/** An address of callers that the proxy is not at, and one that a caller makes up. */
const CALLER = '127.0.0.2';
const MADE_UP = '203.0.113.9';

for (const kind of [nginx, caddy]) {
  describe(`O6: behind ${kind.name}, as docs/proxy configures it`, { skip: kind.missing }, () => {
    let front: FrontProxy;
    let up: RestProcess;
    let alice: Person;
    let deviceId: string;
    let device: ScriptedDevice;
    let agent: Agent;

    /** What the device's HTTP service does; set by each test. */
    let serve: (req: IncomingMessage, res: ServerResponse) => void;
    const service = createServer((req, res) => serve(req, res));
    const sockets = new WebSocketServer({ server: service });

    before(async () => {
      front = await FrontProxy.reserve();
      up = await RestProcess.start('up', {
        VISIONA_PUBLIC_URL: front.url,
        VISIONA_TUNNEL_URL: front.url.replace('https', 'wss'),
        VISIONA_TRUSTED_PROXIES: '127.0.0.1',
      });
      await front.start(kind, { api: up.port, tunnel: up.tunnelPort });
      const ca = front.certificate.pem;
      agent = new Agent({ keepAliveTimeout: 1, localAddress: CALLER, connect: { ca, family: 4 } });
      alice = new Person({ url: (path) => `${front.url}${path}` }, new HttpBrowser(agent));
      await alice.signIn('alice');
      const paired = await alice.pair('gate', agent);
      deviceId = paired.deviceId;
      device = await ScriptedDevice.connect(
        `${front.url.replace('https', 'wss')}/tunnel/connect`,
        paired.sessionToken,
        { ca, localAddress: CALLER, family: 4 },
      );
      void serveStreams();
    });
    after(async () => {
      await device.close();
      await agent.close();
      await front.stop();
      await up.close();
    });

    async function serveStreams(): Promise<never> {
      for (;;) {
        const { duplex } = await device.stream();
        service.emit('connection', duplex);
      }
    }

    const proxied = (path: string): string => `/api/devices/${deviceId}/proxy${path}`;

    test('who signs in, dials and calls is known by his own address, not by what he says', async () => {
      const connected = await up.program.line('device connected');
      assert.equal(connected.remoteAddr, CALLER);
      let heard: string | string[] | undefined;
      serve = (req, res) => {
        heard = req.headers['x-forwarded-for'];
        res.end();
      };
      const answer = await alice.browser.fetch(`${front.url}${proxied('/')}`, {
        headers: { 'x-forwarded-for': MADE_UP },
      });
      assert.equal(answer.status, 200);
      assert.equal(String(heard).split(', ')[0], CALLER);
    });

    test('paths pass as they were sent', async () => {
      serve = (req, res) => res.end(req.url);
      for (const path of ['/a%2Fb', '/a//b', '/%e4', '/x?y=%20&z', '/a;b=c/~d']) {
        assert.equal(await (await alice.get(proxied(path))).text(), path);
      }
    });

    test('parts of an answer come as they are made, of unknown and of known length', async () => {
      for (const length of [undefined, 4 * 9]) {
        let response: ServerResponse | undefined;
        serve = (_req, res) => {
          response = res;
          if (length !== undefined) res.setHeader('Content-Length', length);
          res.write('part 0\n\n\n');
        };
        const { body } = await alice.get(proxied('/parts'));
        const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
        for (let i = 0; i < 4; i += 1) {
          assert.equal((await reader.read()).value, `part ${i}\n\n\n`);
          if (i < 3) response?.write(`part ${i + 1}\n\n\n`);
          else response?.end();
        }
        assert.equal((await reader.read()).done, true);
      }
    });

    test('an upload reaches the device while it is sent, and is not bounded by the proxy', async () => {
      const bytes = randomBytes(24 * MIB);
      let arrive = (): void => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      serve = async (req, res) => {
        const hash = createHash('sha256');
        for await (const part of req) {
          arrive();
          hash.update(part);
        }
        res.end(hash.digest('hex'));
      };
      const body = async function* () {
        yield bytes.subarray(0, MIB);
        await arrived;
        yield bytes.subarray(MIB);
      };
      const answer = await alice.browser.fetch(`${front.url}${proxied('/upload')}`, {
        method: 'PUT',
        headers: { 'x-visiona-csrf': '1' },
        body: body(),
        duplex: 'half',
      });
      assert.equal(await answer.text(), createHash('sha256').update(bytes).digest('hex'));
    });

    test('a caller that goes away ends the call at the device', async () => {
      const gone = new AbortController();
      const reset = new Promise<void>((resolve) => {
        serve = (req) => {
          req.socket.once('close', () => resolve());
          gone.abort();
        };
      });
      await assert.rejects(alice.browser.fetch(`${front.url}${proxied('/hang')}`, { signal: gone.signal }));
      await reset;
    });

    test('a WebSocket carries messages both ways, and its close code', async () => {
      sockets.once('connection', (socket) => {
        socket.on('message', (data, binary) => socket.send(data, { binary }));
        socket.on('close', (code) => sockets.emit('device closed', code));
      });
      const socket = new WebSocket(`${front.url.replace('https', 'wss')}${proxied('/ws')}`, {
        ca: front.certificate.pem,
        headers: { cookie: alice.browser.cookieField(front.url), origin: front.url },
      });
      await once(socket, 'open');
      socket.send('through');
      const [data] = await once(socket, 'message');
      assert.equal(String(data), 'through');
      const closed = once(sockets, 'device closed');
      socket.close(4321);
      assert.deepEqual(await closed, [4321]);
    });

    test('the agent pairs and dials by the public address alone', async (t) => {
      const { code } = await alice.mint({ name: 'Agent' });
      const tokenFile = join(scratch(t), 'token');
      const args = ['--simulate', '--token-file', tokenFile, '--public-url', front.url, '--pair', code];
      const started = spawnAgent(t, args, { NODE_EXTRA_CA_CERTS: front.certificate.file });
      const paired = await logged(started, 'paired');
      await logged(started, 'tunnel up');
      assert.equal((await alice.get(`/api/devices/${paired.deviceId}/system`)).status, 200);
      await started.stop();
    });
  });
}
