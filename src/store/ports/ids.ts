// These ids, tokens and hashes name the rows of the store.
import { hash, randomBytes, randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Id of a user. */
export type UserId = Branded<string, 'UserId'>;
/** Id of a device. */
export type DeviceId = Branded<string, 'DeviceId'>;
/** Id of a credential of a device. */
export type CredentialId = Branded<string, 'CredentialId'>;

/** Id of one start of a process that owns tunnels. */
export type NodeId = Branded<string, 'NodeId'>;

/** Public id of a sign-in session, by which the session is listed and ended. */
export type SignInId = Branded<string, 'SignInId'>;

/** Public id of a pairing token, by which the token is listed and revoked. */
export type PairingTokenId = Branded<string, 'PairingTokenId'>;

/** SHA-256 of a session token or a pairing code, in hex. The token itself is never stored. */
export type TokenHash = Branded<string, 'TokenHash'>;

/** A secret that opens the tunnel of one device: 256 random bits, base64url. */
export type SessionToken = Branded<string, 'SessionToken'>;

/** SHA-256 of the random id that a browser's cookie carries, in hex. The id itself is never stored. */
export type CookieHash = Branded<string, 'CookieHash'>;

/** Number of a device's connection: greater than that of any connection before it. */
export type Epoch = Branded<number, 'Epoch'>;

/** Position in the feed of changes; the first change has 1. */
export type ChangeSeq = Branded<number, 'ChangeSeq'>;

/** Makes a session token. */
export function newSessionToken(): SessionToken {
  return randomBytes(32).toString('base64url') as SessionToken;
}

/** The hash under which the store keeps a token. */
export function hashToken(token: string): TokenHash {
  return hash('sha256', token) as TokenHash;
}

/** A clock that tells milliseconds since 1970. */
export type WallClock = () => number;

/**
 * Makes UUIDs of version 7 (RFC 9562 §5.7, with the counter of §6.2 method 1): opaque to users, and in the order in which they
 * are made, so that a list by id is a list by age and new rows go to the end of the index.
 */
export class IdSource {
  readonly #clock: WallClock;
  #ms = 0;
  #count = 0;

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  next(): string {
    this.#tick();
    const time = this.#ms.toString(16).padStart(12, '0');
    const count = this.#count.toString(16).padStart(3, '0');
    // The variant and 62 random bits are at the same place as in version 4, which Node makes in batches.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
  }

  /** Moves on to the time now. A clock that steps back is ignored until it has caught up. */
  #tick(): void {
    const now = this.#clock();
    if (now > this.#ms) {
      this.#ms = now;
      this.#count = 0;
    } else if (this.#count === 0xfff) {
      this.#ms += 1;
      this.#count = 0;
    } else {
      this.#count += 1;
    }
  }
}
