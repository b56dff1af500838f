// KeptGrant keeps a refresh token in a file, for `visiona token --keep`.
import { existsSync } from 'node:fs';
import { lock } from 'proper-lockfile';
import { type ProgramTokens, refreshAt } from '../auth/device-grant.js';
import type { TokenConfig } from '../config/types.js';
import { PrivateFileError, readPrivateLine } from '../files/private-file.js';
import { ReservedFile } from '../files/reserved-file.js';
import { CliError } from './errors.js';

/** The age at which the lock of a process that was killed is void, in ms. */
const STALE_MS = 10_000;
/** How long a process waits for another's lock, in ms: each holds the lock for one request to the provider. */
const WAIT_MS = 60_000;
const TRY_MS = 100;

/**
 * A refresh token in a file of mode 0600. One process at a time uses the token: many providers end the whole grant when a refresh
 * token is used twice (RFC 9700 §4.14).
 */
export class KeptGrant {
  readonly #path: string;

  /** @param path an absolute path */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Gets tokens by the kept refresh token, or as `first` does if none is kept. The new refresh token is in the file before the
   * tokens are given out.
   * @throws CliError, ProviderError, an error of the file system
   */
  async use(config: TokenConfig, first: () => Promise<ProgramTokens>): Promise<ProgramTokens> {
    // The lock is not needed here: a person may take an hour, and there is no refresh token that could be used twice.
    if (!existsSync(this.#path)) return this.#first(config, first);
    const lost = new AbortController();
    const unlock = await this.#lock(lost);
    try {
      return await this.#refresh(config, lost.signal);
    } finally {
      if (!lost.signal.aborted) await unlock();
    }
  }

  async #first(config: TokenConfig, first: () => Promise<ProgramTokens>): Promise<ProgramTokens> {
    // The file is checked first: a person should confirm a code only if the grant can be kept.
    await ReservedFile.check(this.#path);
    const tokens = await first();
    const { refreshToken } = tokens;
    if (refreshToken === undefined) {
      throw new CliError(
        'ERR_NO_TOKEN',
        `${config.issuer.origin} gives no refresh token: allow its client offline_access, or leave --keep out`,
      );
    }
    await (await ReservedFile.at(this.#path)).commit(`${refreshToken}\n`);
    return tokens;
  }

  /** Gets new tokens by the kept one. @param lost see {@link KeptGrant.#lock} */
  async #refresh(config: TokenConfig, lost: AbortSignal): Promise<ProgramTokens> {
    const kept = this.#read();
    const refresh = await refreshAt(config);
    // The file for the new token is reserved first: the provider makes the old token void, so a new one that cannot be kept is
    // lost.
    const file = await ReservedFile.at(this.#path);
    try {
      const tokens = await refresh(kept);
      if (lost.aborted) {
        throw new CliError('ERR_NO_TOKEN', `${this.#path} was taken by another process meanwhile: try again`);
      }
      await file.commit(`${tokens.refreshToken ?? kept}\n`);
      return tokens;
    } catch (error) {
      await file.release();
      throw error;
    }
  }

  /**
   * Takes the lock.
   * @param lost is aborted when another process takes the lock because this one was suspended for long
   * @returns the function that gives the lock back
   */
  async #lock(lost: AbortController): Promise<() => Promise<void>> {
    try {
      return await lock(this.#path, {
        realpath: false,
        stale: STALE_MS,
        retries: { retries: WAIT_MS / TRY_MS, minTimeout: TRY_MS, maxTimeout: TRY_MS },
        onCompromised: () => lost.abort(),
      });
    } catch (error) {
      throw new CliError('ERR_NO_TOKEN', `${this.#path} is used by another process: try again`, {
        cause: error,
      });
    }
  }

  #read(): string {
    try {
      return readPrivateLine(this.#path);
    } catch (error) {
      if (!(error instanceof PrivateFileError)) throw error;
      throw new CliError(
        'ERR_NO_TOKEN',
        `${this.#path} ${error.message}: remove it, and confirm in a browser again`,
      );
    }
  }
}
