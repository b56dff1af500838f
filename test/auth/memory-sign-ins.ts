import { randomUUID } from 'node:crypto';
import type { Changes } from '../../src/store/ports/changes.js';
import { StoreUnavailableError } from '../../src/store/ports/errors.js';
import type { CookieHash, SignInId, UserId } from '../../src/store/ports/ids.js';
import type { ListPage, PageRequest } from '../../src/store/ports/page.js';
import type {
  BegunSignIn,
  NewSignIn,
  SealedSignIn,
  SignIn,
  SignInPort,
  SignInSummary,
} from '../../src/store/ports/sign-ins.js';
import type { UserPort } from '../../src/store/ports/users.js';
import { checkUserKey } from '../../src/store/ports/validate.js';
import { MemoryAttempts } from './memory-attempts.js';

interface Row extends SignIn {
  cookie: CookieHash;
}

/** Users and their sign-ins, in memory, on a clock of the test. */
export class MemorySignIns extends MemoryAttempts implements UserPort, SignInPort {
  /** Milliseconds since 1970. */
  now = Date.now();
  /** The store cannot be reached. */
  down = false;
  /** Calls by name. */
  readonly calls: string[] = [];
  readonly users = new Map<string, UserId>();
  /** States and cookies that may not begin a session any more. */
  readonly spent = new Set<string>();
  readonly rows: Row[] = [];
  readonly #listeners = new Set<(changes: Changes) => void>();

  onChanges(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It tells of no state. */
  onState(): void {}

  /** Tells listeners that sessions ended, as another process would. @param signInId absent: nobody knows which */
  report(signInId?: SignInId): void {
    const changes = signInId === undefined ? [] : [{ kind: 'sign-in-ended', signInId }];
    const told = { changes, last: 1, missed: signInId === undefined } as unknown as Changes;
    for (const listener of this.#listeners) listener(told);
  }

  /** A session that is there, of whom nobody knows the cookie. */
  add(owner: UserId, signInId: string): void {
    const times = { createdAt: this.now, lastUsedAt: this.now, expiresAt: this.now + 60_000, idleMs: 60_000 };
    const cookie = `cookie of ${signInId}` as CookieHash;
    this.rows.push({
      ...times,
      cookie,
      sealed: '',
      claimedUntil: 0,
      signInId: signInId as SignInId,
      userId: owner,
    });
  }

  async ensureUser(issuer: string, subject: string): Promise<UserId> {
    this.#called('ensureUser');
    checkUserKey(issuer, subject);
    const key = JSON.stringify([issuer, subject]);
    const user = this.users.get(key) ?? (randomUUID() as string as UserId);
    this.users.set(key, user);
    return user;
  }

  async findUser(issuer: string, subject: string): Promise<UserId | undefined> {
    this.#called('findUser');
    return this.users.get(JSON.stringify([issuer, subject]));
  }

  async isReplaced(browser: CookieHash): Promise<boolean> {
    this.#called('isReplaced');
    return this.spent.has(browser);
  }

  async spendState(browser: CookieHash, stateHash: string, expiresAt: number): Promise<boolean> {
    this.#called('spendState');
    if (expiresAt <= this.now || this.spent.has(browser) || this.spent.has(stateHash)) return false;
    this.spent.add(stateHash);
    return true;
  }

  async beginSignIn(owner: UserId, signIn: NewSignIn, replaces?: CookieHash): Promise<BegunSignIn> {
    this.#called('beginSignIn');
    const replaced = this.rows.find(({ cookie }) => cookie === replaces);
    if (replaced !== undefined) this.rows.splice(this.rows.indexOf(replaced), 1);
    if (replaces !== undefined) this.spent.add(replaces);
    const signInId = randomUUID() as string as SignInId;
    const times = { createdAt: this.now, lastUsedAt: this.now, claimedUntil: 0 };
    this.rows.push({ ...signIn, ...times, signInId, userId: owner });
    return { signInId, ended: replaced === undefined ? [] : [sealedOf(replaced)] };
  }

  async findSignIn(cookie: CookieHash): Promise<SignIn | undefined> {
    this.#called('findSignIn');
    return this.#alive().find((row) => row.cookie === cookie);
  }

  async touchSignIn(owner: UserId, signIn: SignInId): Promise<void> {
    this.#called('touchSignIn');
    const at = this.rows.findIndex((row) => row.userId === owner && row.signInId === signIn);
    const row = this.rows[at];
    if (row !== undefined) this.rows[at] = { ...row, lastUsedAt: Math.max(row.lastUsedAt, this.now) };
  }

  async claimRefresh(owner: UserId, signIn: SignInId, forMs: number): Promise<boolean> {
    this.#called('claimRefresh');
    const row = this.#own(owner, signIn);
    if (row === undefined || row.claimedUntil > this.now) return false;
    this.rows[this.rows.indexOf(row)] = { ...row, claimedUntil: this.now + forMs };
    return true;
  }

  async resealSignIn(owner: UserId, signIn: SignInId, sealed: string): Promise<boolean> {
    this.#called('resealSignIn');
    const row = this.#own(owner, signIn);
    if (row === undefined) return false;
    this.rows[this.rows.indexOf(row)] = { ...row, sealed };
    return true;
  }

  async listSignIns(owner: UserId, page: PageRequest<SignInId>): Promise<ListPage<SignInSummary, SignInId>> {
    this.#called('listSignIns');
    const own = this.#alive().filter(({ userId }) => userId === owner);
    const from = own.findIndex(({ signInId }) => signInId === page.after) + 1;
    const items = own.slice(from, from + page.limit);
    const last = items.at(-1);
    return own.length > from + page.limit && last ? { items, next: last.signInId } : { items };
  }

  async endSignIn(owner: UserId, signIn: SignInId): Promise<SealedSignIn | undefined> {
    this.#called('endSignIn');
    const row = this.#own(owner, signIn);
    if (row !== undefined) this.rows.splice(this.rows.indexOf(row), 1);
    return row && sealedOf(row);
  }

  #own(owner: UserId, signIn: SignInId): Row | undefined {
    return this.#alive().find((row) => row.userId === owner && row.signInId === signIn);
  }

  #alive(): Row[] {
    return this.rows.filter((row) => row.expiresAt > this.now && row.lastUsedAt + row.idleMs > this.now);
  }

  #called(name: string): void {
    this.calls.push(name);
    if (this.down) throw new StoreUnavailableError('a test says so');
  }
}

function sealedOf({ signInId, cookie, sealed }: Row): SealedSignIn {
  return { signInId, cookie, sealed };
}
