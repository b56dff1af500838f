import type { Requester } from './audit.js';

/**
 * What became of a process that wants to sign people in. `joined`: it reads what the process that started last signs.
 * `behind`: it does not, but that one reads what it signs: keys are being changed, or were. `foreign`: neither reads what
 * the other signs, and nothing was written.
 */
export type Joining = 'joined' | 'behind' | 'foreign';

/** The keys that sign sessions, by their ids, which say nothing of them: all processes of one database need the same. */
export interface SessionKeyPort {
  /** @param kids of the process that starts: the first signs, all verify; none: it has yet to make one, `joined` where any may */
  joinSessionKeys(kids: readonly string[]): Promise<Joining>;
  /** Ends all sign-in sessions, some at a time, and forgets which keys sign them. @returns how many there were */
  endAllSignIns(by: Requester): Promise<number>;
}
