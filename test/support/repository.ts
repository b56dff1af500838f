import { fileURLToPath } from 'node:url';

/** The root of the repository; this file runs from dist/test/support. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
