// This file calls the REST API for the page.
import type { DevicePage, MadePairingToken, Me, PairingTokenPage, Problem, SignedOut } from './wire.js';

/** A call that got an error, or no answer at all. Its message is a sentence for the person at the screen. */
export class ApiError extends Error {
  /** The code of the problem; `unreachable`: there was no answer. */
  readonly code: string;
  /** The server did not answer the call: a proxy before it did, or nobody. */
  readonly isAway: boolean;

  constructor(code: string, sentence: string, isAway: boolean) {
    super(sentence);
    this.code = code;
    this.isAway = isAway;
  }
}

/** How long an answer may take, in ms: longer than the server waits for its own parts. */
const TIMEOUT_MS = 15_000;

/** The most items of one page of a list. */
const PAGE = 200;

/** The options of a call; the default method is GET. */
interface Call {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Whether the page polls: the call leaves the idle time of the session unchanged. */
  readonly passive?: boolean;
}

/** Asks who is signed in. Undefined: nobody is. */
export async function me(): Promise<Me | undefined> {
  try {
    return (await call('/api/auth/me')) as Me;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unauthorized') return undefined;
    throw error;
  }
}

/** Ends the session. */
export async function signOut(): Promise<SignedOut> {
  return (await call('/api/auth/logout', { method: 'POST' })) as SignedOut;
}

/** Fetches one page of the list of devices. @param cursor where the page begins; undefined: at the first device */
export async function fetchDevices(cursor: string | undefined): Promise<DevicePage> {
  const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return (await call(`/api/devices?limit=${PAGE}${from}`, { passive: true })) as DevicePage;
}

/** Gives a device another name. */
export async function renameDevice(deviceId: string, name: string): Promise<void> {
  await call(`/api/devices/${encodeURIComponent(deviceId)}`, { method: 'PATCH', body: { name } });
}

/** Unpairs a device; if the device is gone already, that is no failure. */
export async function unpairDevice(deviceId: string): Promise<void> {
  await remove(`/api/devices/${encodeURIComponent(deviceId)}`, 'device-not-found');
}

/** Makes a pairing token for one device, with its code. */
export async function newPairingCode(ttlSeconds: number): Promise<MadePairingToken> {
  return (await call('/api/pairing/tokens', { method: 'POST', body: { ttlSeconds } })) as MadePairingToken;
}

/** Fetches all pairing tokens of the user: the server keeps fewer than fit on one page. */
export async function fetchPairingCodes(): Promise<PairingTokenPage> {
  return (await call(`/api/pairing/tokens?limit=${PAGE}`, { passive: true })) as PairingTokenPage;
}

/** Revokes a pairing token; if the token was used or has ended already, that is no failure. */
export async function revokePairingCode(tokenId: string): Promise<void> {
  await remove(`/api/pairing/tokens/${encodeURIComponent(tokenId)}`, 'not-found');
}

/**
 * Deletes the resource of a path.
 * @param missing the problem of a resource that does not exist: an earlier call may have removed it, and its answer was lost
 */
async function remove(path: string, missing: string): Promise<void> {
  try {
    await call(path, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== missing) throw error;
  }
}

/** Calls the API. @returns the JSON of the answer @throws ApiError */
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
    // A proxy before the server answers without a problem document.
    const text = `The server answered with an error (${response.status}).`;
    return new ApiError('no-problem', text, response.status >= 500);
  }
}

/** Writes a problem as a sentence. The errors of `validation` come first: they say what is wrong with the typed text. */
function sentence({ title, detail, errors }: Problem): string {
  const why = errors?.map(({ message }) => message).join('; ') ?? detail;
  return why === undefined ? `${title}.` : `${title}: ${why}.`;
}
