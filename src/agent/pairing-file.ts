import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ReservedFile } from '../files/reserved-file.js';
import { PairError } from './pair-error.js';

const schema = z.object({
  deviceId: z.string(),
  tunnelUrl: z.string(),
  /** SHA-256 of the code that the device was paired with, in hex. It is used up. */
  code: z.string(),
});

/** What is remembered of a pairing beside the session token: nothing of it is secret. */
export type PairingRecord = z.infer<typeof schema>;

/** It is next to the token file. */
function pathOf(tokenFile: string): string {
  return `${tokenFile}.pairing`;
}

/** Undefined: the device was given its token, or none yet. @throws PairError */
export async function readPairing(tokenFile: string): Promise<PairingRecord | undefined> {
  const path = pathOf(tokenFile);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PairError('ERR_PAIRING_FILE', `${path} cannot be used: remove it, and give --tunnel-url`, {
      cause: error,
    });
  }
}

export async function writePairing(tokenFile: string, record: PairingRecord): Promise<void> {
  const file = await ReservedFile.at(pathOf(tokenFile));
  await file.commit(`${JSON.stringify(record)}\n`);
}

/** What is remembered of a code, however it was typed. */
export function digestOf(code: string): string {
  return createHash('sha256')
    .update(code.replace(/[\s-]+/g, '').toUpperCase())
    .digest('hex');
}
