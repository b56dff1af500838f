import type { DevicePage, MadePairingToken, Me, PairingTokenPage, Problem, SignedOut } from './wire.js';

/** An answer that is an error, or no answer at all. Its message is a sentence for the person at the screen. */
export class ApiError extends Error {
  /** The code of the problem; `unreachable`: there was no answer. */
  readonly code: string;
  /** It was not the server that answered, or nobody did: nothing is said of what was asked for. */
  readonly isAway: boolean;

  constructor(code: string, sentence: string, isAway: boolean) {
    super(sentence);
    this.code = code;
    this.isAway = isAway;
  }
}

/** How long an answer may take, in ms: longer than the server waits for what it needs itself. */
const TIMEOUT_MS = 15_000;

/** Items of one page of a list. */
const PAGE = 200;

interface Call {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Nobody asked for it: the session is not to live longer for it. */
  readonly passive?: boolean;
}

/** Who is signed in; undefined: nobody. */
export async function me(): Promise<Me | undefined> {
  try {
    return (await call('/api/auth/me')) as Me;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unauthorized') return undefined;
    throw error;
  }
}

export async function signOut(): Promise<SignedOut> {
  return (await call('/api/auth/logout', { method: 'POST' })) as SignedOut;
}

/** A part of the list of devices. @param cursor where it goes on; undefined: at its begin */
export async function listDevices(cursor: string | undefined): Promise<DevicePage> {
  const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return (await call(`/api/devices?limit=${PAGE}${from}`, { passive: true })) as DevicePage;
}

export async function renameDevice(deviceId: string, name: string): Promise<void> {
  await call(`/api/devices/${encodeURIComponent(deviceId)}`, { method: 'PATCH', body: { name } });
}

/** That it is gone already is no failure. */
export async function unpairDevice(deviceId: string): Promise<void> {
  await remove(`/api/devices/${encodeURIComponent(deviceId)}`, 'device-not-found');
}

export async function newPairingCode(ttlSeconds: number): Promise<MadePairingToken> {
  return (await call('/api/pairing/tokens', { method: 'POST', body: { ttlSeconds } })) as MadePairingToken;
}

/** All of them: fewer are kept than a page has. */
export async function listPairingCodes(): Promise<PairingTokenPage> {
  return (await call(`/api/pairing/tokens?limit=${PAGE}`, { passive: true })) as PairingTokenPage;
}

/** That it was used or has ended already is no failure. */
export async function revokePairingCode(tokenId: string): Promise<void> {
  await remove(`/api/pairing/tokens/${encodeURIComponent(tokenId)}`, 'not-found');
}

/** @param missing the code of the problem that it is not there, perhaps as it was removed before without an answer */
async function remove(path: string, missing: string): Promise<void> {
  try {
    await call(path, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== missing) throw error;
  }
}

/** @throws ApiError */
async function call(path: string, { method, body, passive = false }: Call = {}): Promise<unknown> {
  const response = await send(path, {
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: {
      Accept: 'application/json',
      ...(method !== undefined && { 'X-Visiona-Csrf': '1' }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(passive && { 'X-Visiona-Passive': '1' }),
    },
  });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? undefined : response.json();
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    const done = init.method === undefined ? '' : ' It may have been done or not: look before you try again.';
    throw new ApiError('unreachable', `The server cannot be reached.${done}`, true);
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError(problem.code, sentence(problem), false);
  } catch {
    // A proxy before the server answers in words of its own.
    const said = `The server answered with an error (${response.status}).`;
    return new ApiError('no-problem', said, response.status >= 500);
  }
}

/** `validation` says what is wrong with what was typed; that is what helps. */
function sentence({ title, detail, errors }: Problem): string {
  const why = errors?.map(({ message }) => message).join('; ') ?? detail;
  return why === undefined ? `${title}.` : `${title}: ${why}.`;
}
