import type { UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** Who did it: the user, the operator at the command line, a device, or the software by itself. */
export type AuditActor = 'user' | 'operator' | 'device' | 'system';

/** Who asks for a write and from where, for the audit log. */
export interface Requester {
  /** The user, if absent. */
  readonly actor?: AuditActor;
  readonly remoteAddr?: string;
  readonly requestId?: string;
}

/** `refused`: it was not allowed. `failed`: it was, and did not work. */
export type AuditResult = 'done' | 'refused' | 'failed';

/** What happened, without secrets: they never reach the log. */
export interface NewAuditEntry extends Requester {
  /** Like `device.revoked`: a kind of thing and what became of it. */
  readonly action: string;
  /** The public id of the thing. */
  readonly target?: string;
  readonly result: AuditResult;
  /** How often, where several are one row; 1, if absent. */
  readonly times?: number;
}

export interface AuditEntry extends NewAuditEntry {
  readonly auditId: string;
  readonly at: number;
  readonly actor: AuditActor;
}

/**
 * Who did what. What the store itself does about devices, pairing and sign-ins is written by it, in the same transaction;
 * `audit` is for the rest.
 */
export interface AuditPort {
  /** @param owner whose account it concerns; undefined: nobody's that is known */
  audit(owner: UserId | undefined, entry: NewAuditEntry): Promise<void>;
  /** Newest first. */
  listAudit(owner: UserId, page: PageRequest<string>): Promise<ListPage<AuditEntry, string>>;
}
