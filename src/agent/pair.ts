// `pair` exchanges a pairing code for a session token and keeps that in the token file.
import { access } from 'node:fs/promises';
import type { Logger } from 'pino';
import { ReservedFile } from '../files/reserved-file.js';
import { connectUrl, isExposed } from './dial.js';
import type { Machine } from './machine.js';
import { PairError } from './pair-error.js';
import { exchangeCode, type Paired } from './pairing-client.js';
import { digestOf, readPairing, writePairing } from './pairing-file.js';
import { keepToken } from './token-file.js';

/** The options of {@link pair}. */
export interface PairOptions {
  readonly code: string;
  /** Where the code is exchanged. */
  readonly api: URL;
  /** Where the session token will be kept. */
  readonly tokenFile: string;
  readonly machine: () => Promise<Machine>;
  readonly log: Logger;
}

/**
 * Pairs this device and keeps its session token, durably, before anybody uses it. Does nothing if the device was paired with
 * this very code, because a service file may pass it at each start.
 * @throws PairError
 */
export async function pair({ code, api, tokenFile, machine, log }: PairOptions): Promise<void> {
  if (await exists(tokenFile)) {
    const known = await readPairing(tokenFile);
    if (known?.code === digestOf(code)) return log.info({ deviceId: known.deviceId }, 'paired before');
    throw new PairError(
      'ERR_PAIRED',
      `this device is paired already, its session token is in ${tokenFile}: leave --pair out, or remove that file ` +
        'to pair it as a new device',
    );
  }
  if (isExposed(api)) {
    log.warn(
      'the public URL is http://, so code and credential travel in the clear: use https:// outside of a test',
    );
  }
  const device = await machine();
  const file = await reserve(tokenFile);
  let paired: Paired;
  try {
    paired = await exchangeCode(api, code, device);
  } catch (error) {
    await file.release();
    throw error;
  }
  await keep(file, tokenFile, code, paired);
  log.info({ deviceId: paired.deviceId, dials: connectUrl(new URL(paired.tunnelUrl)).href }, 'paired');
}

/** Reserves the token file before the code is spent. */
async function reserve(tokenFile: string): Promise<ReservedFile> {
  try {
    return await ReservedFile.at(tokenFile);
  } catch (error) {
    throw new PairError(
      'ERR_PAIR_KEEP',
      `the session token could not be kept in ${tokenFile} (${codeOf(error)}): make its directory writable, or name ` +
        'another file with --token-file; the code was not used',
      { cause: error },
    );
  }
}

/** Writes the token last: a device with a token file is paired, and its pairing file is there. */
async function keep(
  file: ReservedFile,
  tokenFile: string,
  code: string,
  { deviceId, sessionToken, tunnelUrl }: Paired,
): Promise<void> {
  try {
    await writePairing(tokenFile, { deviceId, tunnelUrl, code: digestOf(code) });
    await keepToken(file, sessionToken);
  } catch (error) {
    await file.release();
    throw new PairError(
      'ERR_PAIR_KEEP',
      `the device was paired as ${deviceId}, but its session token could not be kept in ${tokenFile} ` +
        `(${codeOf(error)}): delete that device in the cloud and pair with a new code`,
      { cause: error },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    // Any other error means that the file exists and this user cannot reach it.
    return !['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
