// `obey` is a client that repeats requests exactly as docs/errors.md says.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'undici';

/** The "again?" cell of each code in docs/errors.md. */
const AGAIN: ReadonlyMap<string, string> = new Map(
  readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim());
      return [(cells[1] ?? '').replaceAll('`', ''), cells[4] ?? ''];
    }),
);

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** The most times that one request is sent: far more than a request is ever refused. */
const MAX_ATTEMPTS = 50;

/** How a request ended: `done`, `gone` (404, after an attempt with an unknown outcome), or the code of the last answer. */
export type Outcome = 'done' | 'gone' | string;

/**
 * Sends a request as docs/errors.md says: again only if the document allows it, and after the time that the answer names. A
 * request without an answer counts as `idempotent`.
 */
export async function obey(method: string, send: () => Promise<Response>): Promise<Outcome> {
  let inDoubt = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send().catch(() => undefined);
    const code = answer === undefined ? 'no-answer' : await codeOf(answer);
    if (code === undefined) return 'done';
    if (inDoubt && answer?.status === 404) return 'gone';
    const again = AGAIN.get(code) ?? 'idempotent';
    if (again === 'idempotent') inDoubt = true;
    const may = again === 'any' || (again === 'idempotent' && IDEMPOTENT.has(method));
    if (!may || attempt === MAX_ATTEMPTS) return code;
    await delay(Number(answer?.headers.get('retry-after') ?? 0) * 1000);
  }
}

async function codeOf(answer: Response): Promise<string | undefined> {
  if (answer.status < 400) {
    await answer.arrayBuffer();
    return undefined;
  }
  return ((await answer.json()) as { code: string }).code;
}
