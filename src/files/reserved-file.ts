import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeDirectory } from './make-directory.js';

/**
 * A file that takes another one's place whole, for its user only: mode 0600. It is there before its content is known, so
 * that what may be had once is not asked for where it cannot be kept.
 */
export class ReservedFile {
  readonly #path: string;
  readonly #fresh: string;
  readonly #file: FileHandle;

  private constructor(path: string, fresh: string, file: FileHandle) {
    this.#path = path;
    this.#fresh = fresh;
    this.#file = file;
  }

  /** Finds out whether it can be made, and leaves nothing: what is reserved for long outlives who is killed meanwhile. */
  static async check(path: string): Promise<void> {
    await (await ReservedFile.at(path)).release();
  }

  /** Makes the directory too. Rejects with the error of the file system. */
  static async at(path: string): Promise<ReservedFile> {
    makeDirectory(resolve(dirname(path)));
    const fresh = `${path}.${randomUUID()}`;
    return new ReservedFile(path, fresh, await open(fresh, 'wx', 0o600));
  }

  /** Puts it in place, durably. After a failure nothing of it is left, and what was there before still is. */
  async commit(text: string): Promise<void> {
    try {
      await this.#file.writeFile(text);
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#fresh, this.#path);
    } catch (error) {
      await this.release();
      throw error;
    }
    // The name is durable only when its directory is.
    const directory = await open(dirname(this.#path), 'r');
    await directory.sync().finally(() => directory.close());
  }

  /** Gives the place up, unless it was taken. */
  async release(): Promise<void> {
    await this.#file.close();
    await rm(this.#fresh, { force: true });
  }
}
