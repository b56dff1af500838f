// These calls write and read the audit log.
import type { AuditPort } from '../ports/audit.js';
import { checkAuditEntry, checkCount } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls that write and read the audit log. */
export function auditCalls({ engine, clock, audit }: StoreContext): AuditPort {
  return {
    async audit(owner, entry) {
      checkAuditEntry(entry);
      return engine.write(() => audit.add(owner, entry, clock()));
    },

    async listAudit(owner, page) {
      checkCount('audit entries a page', page.limit);
      return engine.read(() => audit.list(owner, page));
    },
  };
}
