/** The loader of uWebSockets.js throws plain errors; this is how its message begins. */
const UWS_REFUSAL = 'This version of uWS.js supports only';

function glibcVersion(): string {
  const report = process.report?.getReport();
  const header =
    typeof report === 'object' && report !== null && 'header' in report ? report.header : undefined;
  const version =
    typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header
      ? header.glibcVersionRuntime
      : undefined;
  return typeof version === 'string' ? `glibc ${version}` : 'no glibc';
}

/** One sentence for an error that says that a native module has no binary for this machine; undefined for others. */
export function missingBinary(error: unknown): string | undefined {
  if (!(error instanceof Error) || !error.message.startsWith(UWS_REFUSAL)) return undefined;
  const { platform, arch, version } = process;
  const here = platform === 'linux' ? `${platform} ${arch}, ${glibcVersion()}` : `${platform} ${arch}`;
  return (
    `uWebSockets.js has no binary that loads on Node ${version} here (${here}); ` +
    'use Node 20, or Node 22 or 24 where glibc is 2.38 or later'
  );
}
