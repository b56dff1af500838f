// This file runs the work that a person asks for, one piece at a time, and keeps why the last one failed.
import { ApiError } from './api.js';
import { useCallback, useEffect, useState } from './preact.js';

/** Work that a person starts by a button, and that may take a moment and may fail. */
export interface Task {
  /** Does the work, unless other work is under way. @returns whether it was done */
  run(work: () => Promise<void>): Promise<boolean>;
  readonly busy: boolean;
  /** Why the last work failed, as a sentence. */
  readonly error: string | undefined;
}

/** Why work failed. */
interface Failure {
  readonly sentence: string;
  /** The server was away: see `ApiError.isAway`. */
  readonly isAway: boolean;
}

/**
 * Makes a runner of work, for one part of the page.
 * @param ended is called when the session is over, after which nothing on this page can be done
 * @param fresh changes each time that the server has answered another request; this clears the failure that the server was away
 */
export function useTask(ended: () => void, fresh?: unknown): Task {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | undefined>(undefined);
  useEffect(() => setFailure((last) => (last?.isAway ? undefined : last)), [fresh]);
  const run = useCallback(
    async (work: () => Promise<void>) => {
      if (busy) return false;
      setBusy(true);
      setFailure(undefined);
      try {
        await work();
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'unauthorized') ended();
        else setFailure(failureOf(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [busy, ended],
  );
  return { run, busy, error: failure?.sentence };
}

function failureOf(error: unknown): Failure {
  const sentence = error instanceof Error ? error.message : String(error);
  return { sentence, isAway: error instanceof ApiError && error.isAway };
}
