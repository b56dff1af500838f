import type { UserPort } from '../ports.js';
import { checkUserKey } from '../validate.js';
import type { Parts } from './parts.js';

export function userCalls({ engine, clock, users }: Parts): UserPort {
  return {
    async ensureUser(issuer, subject) {
      checkUserKey(issuer, subject);
      return engine.write(() => users.ensure(issuer, subject, clock()));
    },

    findUser: (issuer, subject) => engine.read(() => users.find(issuer, subject)),
  };
}
