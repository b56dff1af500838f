// The pairing file stands beside the token file and says how the device was paired; it holds no secret.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ReservedFile } from '../files/reserved-file.js';
import { PairError } from './pair-error.js';

const schema = z.object({
  deviceId: z.string(),
  tunnelUrl: z.string(),
  /** SHA-256, in hex, of the code that the device was paired with; the code itself is used up. */
  code: z.string(),
});

/** How a device was paired; the record holds no secret. */
export type PairingRecord = z.infer<typeof schema>;

/** The pairing file of a token file. */
function pathOf(tokenFile: string): string {
  return `${tokenFile}.pairing`;
}

/** Reads how the device was paired; undefined if it was not, but was given its token or has none. @throws PairError */
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

/** Writes how the device was paired. */
export async function writePairing(tokenFile: string, record: PairingRecord): Promise<void> {
  const file = await ReservedFile.at(pathOf(tokenFile));
  await file.commit(`${JSON.stringify(record)}\n`);
}

/** The digest of a pairing code, the same however it was typed. */
export function digestOf(code: string): string {
  return createHash('sha256')
    .update(code.replace(/[\s-]+/g, '').toUpperCase())
    .digest('hex');
}
