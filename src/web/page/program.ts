/** Whether this page is shown where the server runs: most likely somebody tries it, in the folder with the sources. */
export function isHere(): boolean {
  const { hostname } = location;
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

/** The program in the folder with the sources, where it is on no path. */
export const PROGRAM_IN_SOURCES = 'node dist/src/cli/visiona.js';
