// This file is the kit of the REST API's tests: TestRest is the REST side in this process, over fakes.
import { type BlockList, connect } from 'node:net';
import { pino } from 'pino';
import type { AuthStore } from '../../src/auth/auth.js';
import type { Authenticator, Credentials } from '../../src/auth/authenticator.js';
import { CookieKeys } from '../../src/auth/cookie-keys.js';
import type { Lifetimes } from '../../src/auth/sign-in.js';
import { provideCommon } from '../../src/cli/compose/common.js';
import { createContainer } from '../../src/cli/compose/provide.js';
import { provideRestSide, startRestSide } from '../../src/cli/compose/rest-side.js';
import { provideSignIn } from '../../src/cli/compose/sign-in.js';
import { T } from '../../src/cli/compose/tokens.js';
import { starting } from '../../src/cli/process/lifecycle.js';
import type { OidcConfig, RestConfig } from '../../src/config/types.js';
import type {
  ForwardCall,
  Forwarder,
  ForwardRequest,
  ResponseHead,
  ResponseSink,
  Target,
} from '../../src/contract/call.js';
import type { UserSessions } from '../../src/contract/session.js';
import type { Bridge, BridgeForwarder, BridgeRequest, BridgeSink } from '../../src/contract/websocket.js';
import type { RestStore } from '../../src/http/api/rest.js';
import type { Logger } from '../../src/observability/log.js';
import { Metrics } from '../../src/observability/metrics.js';
import { REST_DUTIES, Readiness } from '../../src/server/readiness.js';
import type { SignInId, UserId } from '../../src/store/ports/ids.js';
import { Secret } from '../../src/text/secret.js';
import { OIDC_POLICY } from '../auth/oidc-policy.js';
import { SILENT_REFUSALS } from '../support/silent-refusals.js';
import { silentRequests } from '../support/silent-requests.js';
import { TestStore } from '../support/test-store.js';
import { FakeSessions } from './fake-sessions.js';

/** A user of the tests, who owns `cam-1`. */
export const ALICE = 'user-alice' as UserId;
/** A user of the tests, who owns `cam-2`. */
export const BOB = 'user-bob' as UserId;

/**
 * Authenticates callers as the user that they name: by `Bearer USER-ID`, or by the cookie `user=USER-ID`. The product has nothing
 * like this.
 */
export class NameTag implements Authenticator {
  /** Knows a caller with a token at once, and has to ask about a caller with a cookie, so that tests take both ways. */
  peek({ authorization, cookie }: Credentials): ReturnType<Authenticator['peek']> {
    const bearer = cookie === '' ? /^Bearer (user-\w+)$/.exec(authorization)?.[1] : undefined;
    return bearer === undefined
      ? undefined
      : { userId: bearer as UserId, via: 'bearer', endsAt: Number.POSITIVE_INFINITY };
  }

  authenticate({ authorization, cookie }: Credentials): ReturnType<Authenticator['authenticate']> {
    const bearer = /^Bearer (user-\w+)$/.exec(authorization)?.[1];
    const session = /(?:^|; )user=(user-\w+)$/.exec(cookie)?.[1];
    if (bearer !== undefined && session !== undefined) return Promise.resolve({ refused: 'ambiguous' });
    if (bearer !== undefined)
      return Promise.resolve({ userId: bearer as UserId, via: 'bearer', endsAt: Number.POSITIVE_INFINITY });
    if (session === undefined) return Promise.resolve(undefined);
    const signInId = `sign-in-of-${session}` as SignInId;
    return Promise.resolve({ userId: session as UserId, via: 'session', signInId });
  }
}

/** A provider at which people sign in, and the keys that sign their cookies. */
export interface TestSignIn {
  readonly oidc: OidcConfig;
  readonly cookieKeys: CookieKeys;
  /** How long sessions live. Default: the product's lifetimes. */
  readonly lifetimes?: Lifetimes;
}

/** A sign-in whose provider cannot be reached. */
const UNREACHABLE: TestSignIn = {
  oidc: {
    issuer: new URL('http://127.0.0.1:1'),
    clientId: 'visiona',
    clientSecret: undefined,
    ...OIDC_POLICY,
    audience: undefined,
  },
  cookieKeys: new CookieKeys([new Secret('a secret of a test, 32 bytes long')]),
};

/** A forwarded call, as the fake forwarder got it. */
export class FakeCall implements ForwardCall {
  readonly target: Target;
  readonly request: ForwardRequest;
  readonly sink: ResponseSink;
  readonly parts: Buffer[] = [];
  ended = false;
  aborted = false;
  consumedBytes = 0;
  /** Is called after every event from the caller. */
  onEvent: () => void = () => {};

  constructor(target: Target, request: ForwardRequest, sink: ResponseSink) {
    this.target = target;
    this.request = request;
    this.sink = sink;
  }

  get bodyText(): string {
    return Buffer.concat(this.parts).toString('latin1');
  }

  /** The value of a request header; undefined: it was not sent. */
  header(name: string): string | undefined {
    const { headers } = this.request;
    const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
    return at < 0 ? undefined : headers[at + 1];
  }

  body(chunk: Uint8Array, last: boolean): void {
    this.parts.push(Buffer.from(chunk));
    this.ended = last;
    this.onEvent();
  }

  consumed(bytes: number): void {
    this.consumedBytes += bytes;
    this.onEvent();
  }

  abort(): void {
    this.aborted = true;
    this.onEvent();
  }

  /** Resolves once `done` is true of the call. */
  until(done: (call: FakeCall) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.onEvent = () => {
        if (done(this)) resolve();
      };
      this.onEvent();
    });
  }
}

/** Makes the head of a device's answer. */
export function head(over: Partial<ResponseHead> = {}): ResponseHead {
  return { status: 200, reason: 'OK', headers: [], contentLength: undefined, bodyless: false, ...over };
}

/** Answers a call with a whole body. */
export function answer(call: FakeCall, text: string, over: Partial<ResponseHead> = {}): void {
  const body = Buffer.from(text);
  call.sink.head(head({ contentLength: body.length, ...over }), body, true);
}

/** Answers every call with 'hello', unless the test says otherwise. */
export class FakeForwarder implements Forwarder, BridgeForwarder {
  readonly calls: FakeCall[] = [];
  /** The bridges under way, newest last. */
  readonly bridges: { target: Target; request: BridgeRequest; sink: BridgeSink }[] = [];
  serve: (call: FakeCall) => void = (call) => answer(call, 'hello');
  bridgeWith: (request: BridgeRequest, sink: BridgeSink) => Bridge = (_request, sink) => {
    sink.fail({ code: 'device-offline', detail: 'no bridge' });
    return { message: () => true, consumed() {}, close() {} };
  };

  get last(): FakeCall {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error('nothing was forwarded');
    return call;
  }

  forward(target: Target, request: ForwardRequest, sink: ResponseSink): ForwardCall {
    const call = new FakeCall(target, request, sink);
    this.calls.push(call);
    // The call is served only after forward() has returned, as with the real forwarders.
    queueMicrotask(() => this.serve(call));
    return call;
  }

  bridge(target: Target, request: BridgeRequest, sink: BridgeSink): Bridge {
    this.bridges.push({ target, request, sink });
    return this.bridgeWith(request, sink);
  }
}

/** The options with which a test's REST API differs from {@link TestRest}. */
export interface RestFixtureOptions {
  /** Finds the user of a request. Default: {@link NameTag}, unless `signIn` is given. */
  readonly authenticator?: Authenticator;
  /** Sign-in that finds callers as the product does. */
  readonly signIn?: TestSignIn;
  readonly forwarder?: Forwarder & BridgeForwarder;
  readonly store?: RestStore & AuthStore;
  readonly sessions?: UserSessions;
  readonly tunnelUrl?: URL;
  readonly trustedProxies?: BlockList;
  readonly userWrites?: number;
  readonly log?: Logger;
}

const ADDRESS = { host: '127.0.0.1', port: 0 };

const CONFIG: RestConfig = {
  log: { level: 'silent', format: 'json' },
  accessLog: false,
  dataDir: '/nowhere',
  databaseUrl: undefined,
  databasePool: 1,
  opsAddr: ADDRESS,
  apiAddr: ADDRESS,
  publicUrl: undefined,
  tunnelUrl: new URL('wss://tunnel.test'),
  trustedProxies: undefined,
  userWrites: 10_000,
  unreadBytes: 2 ** 20,
  oidc: undefined,
  sessionSecrets: undefined,
};

type Fakes = Required<Pick<RestFixtureOptions, 'forwarder' | 'store' | 'sessions'>> & {
  readonly metrics: Metrics;
};

/** Starts the REST side as the product's composition does, but over the given parts. */
function startRest({
  signIn,
  authenticator = signIn === undefined ? new NameTag() : undefined,
  forwarder,
  store,
  sessions,
  metrics,
  log = pino({ level: 'silent' }),
  ...settings
}: Fakes & RestFixtureOptions) {
  const config = { ...CONFIG, ...settings };
  const c = createContainer();
  provideCommon(c, config, log, ['rest']);
  provideRestSide(c, config);
  const { oidc, cookieKeys, lifetimes } = signIn ?? UNREACHABLE;
  provideSignIn(c, oidc, cookieKeys);
  if (lifetimes !== undefined) c.registerInstance(T.lifetimes, lifetimes);
  if (authenticator !== undefined) c.registerInstance(T.authenticator, authenticator);
  c.registerInstance(T.authStore, store);
  c.registerInstance(T.forwarder, forwarder);
  c.registerInstance(T.restStore, store);
  c.registerInstance(T.userSessions, sessions);
  c.registerInstance(T.metrics, metrics);
  c.registerInstance(T.readiness, new Readiness(REST_DUTIES, () => Promise.resolve({})));
  c.registerInstance(T.requests, silentRequests(metrics));
  c.registerInstance(T.refusals, SILENT_REFUSALS);
  return starting(log, (lifecycle) => startRestSide(c, lifecycle, config, 'ws://127.0.0.1:1'));
}

type RunningRest = Awaited<ReturnType<typeof startRest>>;

/** A REST API over fakes; alice owns `cam-1`, bob owns `cam-2`. */
export class TestRest {
  readonly forwarder = new FakeForwarder();
  readonly store: TestStore;
  readonly sessions = new FakeSessions();
  readonly metrics = new Metrics();
  readonly rest: RunningRest;
  readonly #closeStore: () => Promise<void>;

  private constructor(
    rest: RunningRest,
    from: Pick<TestRest, 'forwarder' | 'store' | 'sessions' | 'metrics'>,
    closeStore: () => Promise<void>,
  ) {
    this.rest = rest;
    this.#closeStore = closeStore;
    this.forwarder = from.forwarder;
    this.store = from.store;
    this.sessions = from.sessions;
    this.metrics = from.metrics;
  }

  /** Starts it. @param given the store, which the caller closes; default: a store of its own */
  static async start(over: RestFixtureOptions = {}, given?: TestStore): Promise<TestRest> {
    const store = given ?? (await TestStore.open());
    const [forwarder, sessions, metrics] = [new FakeForwarder(), new FakeSessions(), new Metrics()];
    if (given === undefined) {
      store.addDevice(ALICE, 'cam-1');
      store.addDevice(BOB, 'cam-2');
    }
    const rest = await startRest({ forwarder, store, sessions, metrics, ...over });
    const close = given === undefined ? () => store.close() : () => Promise.resolve();
    return new TestRest(rest, { forwarder, store, sessions, metrics }, close);
  }

  get port(): number {
    return this.rest.port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  close(): Promise<void> {
    this.rest.close();
    return this.#closeStore();
  }
}

/** The headers with which alice calls. */
export const AS_ALICE = { authorization: `Bearer ${ALICE}` };

/** An answer as it was on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** The headers, with names in lower case; each has all its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** Sends a request byte for byte as given, with `Connection: close`, and reads until the end. */
export function rawRequest(
  port: number,
  requestLine: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const fields = { host: 'api.test', connection: 'close', ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const parts: Buffer[] = [];
    socket.on('error', reject);
    socket.on('data', (part) => {
      parts.push(part);
      const answer = parseAnswer(Buffer.concat(parts).toString('latin1'), requestLine.startsWith('HEAD '));
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('close', () => reject(new Error(`closed after ${Buffer.concat(parts).toString('latin1')}`)));
    socket.write(`${requestLine} HTTP/1.1\r\n${lines.join('')}\r\n`);
    socket.write(body);
  });
}

/** Sends a request as alice, with a JSON body if there is one. */
export function send(port: number, requestLine: string, sent?: unknown): Promise<RawAnswer> {
  if (sent === undefined) return rawRequest(port, requestLine, AS_ALICE);
  const body = Buffer.from(JSON.stringify(sent));
  const fields = { ...AS_ALICE, 'content-type': 'application/json', 'content-length': `${body.length}` };
  return rawRequest(port, requestLine, fields, body);
}

/** Parses an answer with a length. Undefined: the answer is not complete. */
function parseAnswer(text: string, toHead: boolean): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const body = text.slice(end + 4);
  const length = toHead ? 0 : Number(headers.get('content-length')?.[0] ?? 0);
  if (body.length < length) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString() };
}
