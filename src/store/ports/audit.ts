// The audit log says who did what; this is its port.
import type { UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** Who did something: the user, the operator at the command line, a device, or the software by itself. */
export type AuditActor = 'user' | 'operator' | 'device' | 'system';

/** Who asks for a write and from where, for the audit log. */
export interface Requester {
  /** Default: `user`. */
  readonly actor?: AuditActor;
  readonly remoteAddr?: string;
  readonly requestId?: string;
}

/** `refused`: the action was not allowed. `failed`: it was allowed and did not work. */
export type AuditResult = 'done' | 'refused' | 'failed';

/** What happened. No field holds a secret: secrets never reach the log. */
export interface NewAuditEntry extends Requester {
  /** A kind of thing and what became of it, like `device.revoked`. */
  readonly action: string;
  /** The public id of the thing. */
  readonly target?: string;
  readonly result: AuditResult;
  /** How many actions this row stands for. Default: 1. */
  readonly times?: number;
}

/** An entry of the audit log. `at`: milliseconds since 1970. */
export interface AuditEntry extends NewAuditEntry {
  readonly auditId: string;
  readonly at: number;
  readonly actor: AuditActor;
}

/**
 * The audit log. The calls of the other ports write their own entries, in the transaction of what they do; `audit` is for what
 * happens outside of the store.
 */
export interface AuditPort {
  /** Adds an entry. @param owner whose account it concerns; undefined: nobody's that is known */
  audit(owner: UserId | undefined, entry: NewAuditEntry): Promise<void>;
  /** The entries that concern a user's account, newest first. */
  listAudit(owner: UserId, page: PageRequest<string>): Promise<ListPage<AuditEntry, string>>;
}
