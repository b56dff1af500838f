import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import { type ProgramTokens, refreshedTokens } from '../auth/device-grant.js';
import { makeDirectory } from '../config/make-directory.js';
import type { TokenConfig } from '../config/types.js';
import { PrivateFileError, readPrivateFile } from '../files/private-file.js';
import { ReservedFile } from '../files/reserved-file.js';
import { CliError } from './errors.js';

/** A process that was killed is known to be gone after this, in ms. */
const STALE_MS = 10_000;
/** Others are waited for: they ask the provider once each. In ms. */
const WAIT_MS = 60_000;
const TRY_MS = 100;

/**
 * The refresh token in a file of mode 0600. One process at a time uses it: many providers end the whole grant when a refresh
 * token is used twice (RFC 9700 §4.14).
 */
export class KeptGrant {
  readonly #path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Gets tokens by the kept one, or as `first` does where none is kept; what is to be kept afterwards is in the file before the
   * tokens are given out.
   * @throws CliError, ProviderError, an error of the file system
   */
  async use(config: TokenConfig, first: () => Promise<ProgramTokens>): Promise<ProgramTokens> {
    makeDirectory(dirname(this.#path));
    // Without the lock: a person may take an hour, and nothing is used twice.
    if (!existsSync(this.#path)) return this.#keep(config, first, undefined);
    const lost = new AbortController();
    const unlock = await this.#lock(lost);
    try {
      const kept = await this.#read();
      return await this.#keep(config, () => refreshedTokens(config, kept), kept, lost.signal);
    } finally {
      if (!lost.signal.aborted) await unlock();
    }
  }

  /** @param lost is aborted when another process takes the lock, as this one was suspended for long */
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

  async #keep(
    config: TokenConfig,
    get: () => Promise<ProgramTokens>,
    kept: string | undefined,
    lost?: AbortSignal,
  ): Promise<ProgramTokens> {
    // Before anything is asked for: a token that was replaced and cannot be kept is lost.
    const place = await ReservedFile.at(this.#path);
    try {
      const tokens = await get();
      const next = tokens.refreshToken ?? kept;
      if (next === undefined) {
        throw new CliError(
          'ERR_NO_TOKEN',
          `${config.issuer.origin} gives no refresh token: allow its client offline_access, or leave --keep out`,
        );
      }
      if (lost?.aborted) {
        throw new CliError('ERR_NO_TOKEN', `${this.#path} was taken by another process meanwhile: try again`);
      }
      await place.commit(`${next}\n`);
      return tokens;
    } catch (error) {
      await place.release();
      throw error;
    }
  }

  async #read(): Promise<string> {
    try {
      return await readPrivateFile(this.#path);
    } catch (error) {
      if (!(error instanceof PrivateFileError)) throw error;
      throw new CliError(
        'ERR_NO_TOKEN',
        `${this.#path} ${error.message}: remove it, and confirm in a browser again`,
      );
    }
  }
}
