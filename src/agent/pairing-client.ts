// `exchangeCode` asks the cloud's API to exchange a pairing code.
import { Client } from 'undici';
import { z } from 'zod';
import { VERSION } from '../version.js';
import { authorityAdvice, parseRetryAfter } from './cloud-failure.js';
import type { Machine } from './machine.js';
import { PairError } from './pair-error.js';

const CONNECT_MS = 10_000;
/** Milliseconds to wait for the answer: longer than the API waits for its store. */
const ANSWER_MS = 30_000;
const MAX_ANSWER_BYTES = 64 << 10;

const paired = z.object({
  deviceId: z.string().regex(/^[\w-]{1,64}$/),
  /** The session token, in the form that a token file may hold. */
  sessionToken: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  tunnelUrl: z.url({ protocol: /^wss?$/ }),
});

/** What the cloud answers to a device that it has paired. */
export type Paired = z.infer<typeof paired>;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/**
 * Exchanges a pairing code at the API. A code can be exchanged only once: a lost answer cannot be had again. @throws
 * PairError
 */
export async function exchangeCode(api: URL, code: string, device: Machine): Promise<Paired> {
  const answer = await post(api, JSON.stringify({ token: code, device }));
  if (answer.status !== 200) throw refusal(api, answer);
  const result = paired.safeParse(json(answer.text));
  if (result.success) return result.data;
  throw new PairError('ERR_PAIR_UNREACHABLE', `${api.origin} answered no session token: check --public-url`);
}

async function post(api: URL, body: string): Promise<Answer> {
  const client = new Client(api.origin, {
    connectTimeout: CONNECT_MS,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  // Before the connection stands the code was not sent: an error then means that the address, the server or TLS failed.
  let connected = false;
  client.once('connect', () => {
    connected = true;
  });
  try {
    const answer = await client.request({
      method: 'POST',
      path: '/api/pairing/exchange',
      headers: { 'content-type': 'application/json', 'user-agent': `visiona-agent/${VERSION}` },
      body,
    });
    const field = answer.headers['retry-after'];
    const retryAfter = typeof field === 'string' ? field : undefined;
    return { status: answer.statusCode, retryAfter, text: await answer.body.text() };
  } catch (error) {
    throw new PairError(
      'ERR_PAIR_UNREACHABLE',
      `the API at ${api.origin} cannot be reached (${reasonOf(error)}): check --public-url and the network, then try again${connected ? `; ${USED}` : authorityAdvice(error)}`,
      { cause: error },
    );
  } finally {
    await client.destroy();
  }
}

/** Advice for when it is not known whether the code was used up. */
const USED =
  'if the code is refused then, it was used: get a new one, and delete the device that never connected';

/** The error of a host with several addresses has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

const problem = z.object({
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

function refusal(api: URL, { status, retryAfter, text }: Answer): PairError {
  const { code, errors = [] } = problem.safeParse(json(text)).data ?? {};
  const wait = parseRetryAfter(retryAfter, Date.now());
  const again = `try again ${wait === undefined ? 'later' : `in ${Math.ceil(wait / 1000)} s`}`;
  if (code === 'pairing-refused') {
    return new PairError(
      'ERR_PAIR_REFUSED',
      'the pairing code is not good: it is mistyped, was used, has expired or was revoked; get a new one',
    );
  }
  if (code === 'limit-reached') {
    return new PairError(
      'ERR_PAIR_REFUSED',
      'whoever made the pairing code has as many devices as a user may have: unpair one, then try again',
    );
  }
  if (status === 429) return new PairError('ERR_PAIR_LIMITED', `too many attempts to pair: ${again}`);
  if (code === 'store-outcome-unknown') {
    return new PairError(
      'ERR_PAIR_UNREACHABLE',
      `the API at ${api.origin} cannot pair just now: try again; ${USED}`,
    );
  }
  if (status === 503) {
    return new PairError('ERR_PAIR_UNREACHABLE', `the API at ${api.origin} cannot pair just now: ${again}`);
  }
  const [first] = errors;
  const why = first === undefined ? 'check --public-url' : `${first.path}: ${first.message}`;
  return new PairError(
    'ERR_PAIR_UNREACHABLE',
    `${api.origin} answered ${status} instead of a session token: ${why}`,
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
