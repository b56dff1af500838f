// Stand is the REST API with real sign-in, in front of a fake provider.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { COOKIE_NAME } from '../../src/auth/cookie.js';
import { CookieKeys } from '../../src/auth/cookie-keys.js';
import type { Lifetimes } from '../../src/auth/sign-in.js';
import type { Secret } from '../../src/text/secret.js';
import { type RawAnswer, rawRequest, TestRest } from '../http/kit.js';
import { TestStore } from '../support/test-store.js';
import { FakeProvider } from './fake-provider.js';
import { NEW_SECRET } from './keys.js';
import { OIDC_POLICY } from './oidc-policy.js';

export interface StandOptions {
  readonly secrets?: readonly Secret[];
  readonly audience?: string;
  readonly lifetimes?: Lifetimes;
  /** Changes of one user in a minute. */
  readonly userWrites?: number;
  /** Of an API that shares them with another. */
  readonly store?: TestStore;
  readonly provider?: FakeProvider;
}

/** The REST API with real sign-in, before a fake provider. */
export class Stand {
  readonly provider: FakeProvider;
  readonly store: TestStore;
  readonly rest: TestRest;
  /** What was logged. */
  readonly lines: string[];
  readonly #closeStore: () => Promise<void>;

  private constructor(
    from: Pick<Stand, 'provider' | 'store' | 'rest' | 'lines'>,
    closeStore: () => Promise<void>,
  ) {
    this.#closeStore = closeStore;
    this.provider = from.provider;
    this.store = from.store;
    this.rest = from.rest;
    this.lines = from.lines;
  }

  static async start(options: StandOptions = {}): Promise<Stand> {
    const { secrets = [NEW_SECRET], audience, lifetimes } = options;
    const store = options.store ?? (await TestStore.open());
    const provider = options.provider ?? (await FakeProvider.start());
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line) => lines.push(line) });
    const oidc = {
      issuer: new URL(provider.issuer),
      clientId: 'visiona',
      clientSecret: undefined,
      ...OIDC_POLICY,
      audience,
    };
    const signIn = { oidc, cookieKeys: new CookieKeys(secrets), ...(lifetimes && { lifetimes }) };
    const { userWrites } = options;
    const rest = await TestRest.start(
      { signIn, log, ...(userWrites !== undefined && { userWrites }) },
      store,
    );
    const close = options.store === undefined ? () => store.close() : () => Promise.resolve();
    return new Stand({ provider, store, rest, lines }, close);
  }

  get port(): number {
    return this.rest.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  browser(cookie?: string): Browser {
    return new Browser(this, cookie);
  }

  /** A browser that is signed in. */
  async signedIn(subject = 'alice'): Promise<Browser> {
    const browser = this.browser();
    await browser.signIn(subject);
    return browser;
  }

  async close(): Promise<void> {
    await this.rest.close();
    await this.provider.close();
    await this.#closeStore();
  }
}

/** A browser that keeps our cookie. */
export class Browser {
  readonly #stand: Stand;
  /** `name=value`; undefined: it has none. */
  cookie: string | undefined;

  constructor(stand: Stand, cookie: string | undefined) {
    this.#stand = stand;
    this.cookie = cookie;
  }

  /** Sends a request and keeps the cookie that is set. */
  async ask(line: string, fields: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const cookie = this.cookie === undefined ? undefined : { cookie: this.cookie };
    const answer = await rawRequest(this.#stand.port, line, { ...cookie, ...fields });
    for (const set of answer.headers.get('set-cookie') ?? []) {
      const value = set.split(';')[0] as string;
      this.cookie = value === `${COOKIE_NAME}=` ? undefined : value;
    }
    return answer;
  }

  get(path: string, fields = {}): Promise<RawAnswer> {
    return this.ask(`GET ${path}`, fields);
  }

  /** As our own page sends it. */
  send(line: string, fields = {}): Promise<RawAnswer> {
    return this.ask(line, {
      'x-visiona-csrf': '1',
      origin: this.#stand.origin,
      'content-length': '0',
      ...fields,
    });
  }

  /** Goes to the provider. @returns what it brings back when it signs in there */
  async leave(subject = 'alice', returnTo?: string): Promise<string> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const answer = await this.get(`/api/auth/login${query}`);
    if (answer.status !== 303) throw new Error(`${answer.status} ${answer.body}`);
    return this.#stand.provider.signIn(new URL(location(answer)), subject);
  }

  callback(query: string, fields = {}): Promise<RawAnswer> {
    return this.get(`/api/auth/callback?${query}`, fields);
  }

  async signIn(subject = 'alice', returnTo?: string): Promise<RawAnswer> {
    const answer = await this.callback(await this.leave(subject, returnTo));
    if (answer.status !== 303) throw new Error(`${answer.status} ${answer.body}`);
    return answer;
  }

  /** The status of /api/auth/me. */
  async status(): Promise<number> {
    return (await this.get('/api/auth/me')).status;
  }

  async me(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.get('/api/auth/me')).body);
  }
}

export function location(answer: RawAnswer): string {
  return answer.headers.get('location')?.[0] ?? '';
}

/** The code of a problem. */
export function code(answer: RawAnswer): string {
  return JSON.parse(answer.body).code;
}

/** Looks again and again until it is so; also while a test owns the time of day. */
export async function eventually(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!done()) {
    assert.ok(performance.now() < deadline, 'not in time');
    await delay(5);
  }
}
