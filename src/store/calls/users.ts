import type { UserPort } from '../ports/users.js';
import { checkUserKey } from '../ports/validate.js';
import type { StoreContext } from './context.js';

export function userCalls({ engine, clock, users }: StoreContext): UserPort {
  return {
    async ensureUser(issuer, subject) {
      checkUserKey(issuer, subject);
      return engine.write(() => users.ensure(issuer, subject, clock()));
    },

    findUser: (issuer, subject) => engine.read(() => users.find(issuer, subject)),
  };
}
