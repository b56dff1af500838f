// `root` is the folder of the repository.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, from dist/test/scripts. */
export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
