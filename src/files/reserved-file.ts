// `ReservedFile` is a new file that replaces another as a whole; it is made before its content is known.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeDirectory } from './make-directory.js';

/**
 * A new file, of mode 0600, that replaces another as a whole. It is made before its content is known, so that a token that
 * is given only once is requested only if it can be kept.
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

  /** Finds out whether the file can be made, and leaves nothing: a long reservation would stay behind if its process were killed. */
  static async check(path: string): Promise<void> {
    await (await ReservedFile.at(path)).release();
  }

  /** Reserves `path`, and makes its directory. Rejects with the error of the file system. */
  static async at(path: string): Promise<ReservedFile> {
    makeDirectory(resolve(dirname(path)));
    const fresh = `${path}.${randomUUID()}`;
    return new ReservedFile(path, fresh, await open(fresh, 'wx', 0o600));
  }

  /** Puts `text` in place, durably. After a failure the old file is untouched, and nothing of the new one is left. */
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
    // The name is durable only once its directory is.
    const directory = await open(dirname(this.#path), 'r');
    await directory.sync().finally(() => directory.close());
  }

  /** Removes the new file, unless it was put in place. */
  async release(): Promise<void> {
    await this.#file.close();
    await rm(this.#fresh, { force: true });
  }
}
