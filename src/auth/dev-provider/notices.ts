import type { Logger } from '../../observability/log.js';

/** What oidc-provider writes to the console: that it is not for production, which is what it is not used for. */
const NOTICE = /oidc-provider (?:NOTICE|WARNING): (.*)/;

/** Takes oidc-provider's notices from the console to the log. @returns the end of it */
export function takeNotices(log: Logger): () => void {
  const { info, warn } = console;
  const taking =
    (write: typeof info): typeof info =>
    (...args) => {
      const notice = NOTICE.exec(String(args[0]));
      if (notice === null) write.apply(console, args);
      else log.debug({ notice: notice[1] }, 'the development OpenID provider says');
    };
  console.info = taking(info);
  console.warn = taking(warn);
  return () => {
    console.info = info;
    console.warn = warn;
  };
}
