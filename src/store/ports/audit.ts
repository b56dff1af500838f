// AuditPort is the audit log, which says who did what.
import type { UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** Who acted: the user, the operator at the command line, a device, or the software by itself. */
export type AuditActor = 'user' | 'operator' | 'device' | 'system';

/** Who asks for a write, and from which address, for the audit log. */
export interface Requester {
  /** Default: `user`. */
  readonly actor?: AuditActor;
  readonly remoteAddr?: string;
  readonly requestId?: string;
}

/** `refused`: the action was not allowed. `failed`: it was allowed and did not work. */
export type AuditResult = 'done' | 'refused' | 'failed';

/** An entry to add. No field holds a secret: secrets never reach the log. */
export interface NewAuditEntry extends Requester {
  /** The kind of thing and what happened to it, like `device.revoked`. */
  readonly action: string;
  /** The public id of that thing. */
  readonly target?: string;
  readonly result: AuditResult;
  /** How many actions this entry stands for. Default: 1. */
  readonly times?: number;
}

/** An entry of the audit log. `at`: milliseconds since 1970. */
export interface AuditEntry extends NewAuditEntry {
  readonly auditId: string;
  readonly at: number;
  readonly actor: AuditActor;
}

/**
 * The audit log. The calls of the other ports write their own entries, in their own transactions; `audit` is for actions outside
 * of the store.
 */
export interface AuditPort {
  /** Adds an entry. @param owner the user whose account it concerns; undefined: no known user's */
  audit(owner: UserId | undefined, entry: NewAuditEntry): Promise<void>;
  /** The entries that concern a user's account, newest first. */
  listAudit(owner: UserId, page: PageRequest<string>): Promise<ListPage<AuditEntry, string>>;
}
