import type { UserId } from './ids.js';

/** Who users are. The key of a user is (issuer, subject), exactly as the identity provider says them. */
export interface UserPort {
  /** The user's id; a user not seen before is added. */
  ensureUser(issuer: string, subject: string): Promise<UserId>;
  findUser(issuer: string, subject: string): Promise<UserId | undefined>;
}
