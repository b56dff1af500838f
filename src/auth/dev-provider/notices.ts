import type { WriteLine } from './kind.js';

/** What oidc-provider writes to the console: that it is not for production, which is what it is not used for. */
const NOTICE = /oidc-provider (?:NOTICE|WARNING): (.*)/;

/** Takes oidc-provider's notices from the console to the log. @returns the end of it */
export function takeNotices(write: WriteLine): () => void {
  const { info, warn } = console;
  const taking =
    (print: typeof info): typeof info =>
    (...args) => {
      const notice = NOTICE.exec(String(args[0]));
      if (notice?.[1] === undefined) return print.apply(console, args);
      const text = 'the development OpenID provider says';
      write({ level: 'debug', fields: { notice: notice[1] }, text });
    };
  console.info = taking(info);
  console.warn = taking(warn);
  return () => {
    console.info = info;
    console.warn = warn;
  };
}
