// This file checks the keys of cookies against those of other processes of the same data.
import { CodedError } from '../../actors/errors.js';
import { CookieKeys } from '../../auth/cookie-keys.js';
import { generatedPath } from '../../config/generated.js';
import { findGenerated, generated } from '../../config/load.js';
import type { RestConfig } from '../../config/types.js';
import type { Logger } from '../../observability/log.js';
import type { CookieKeyPort } from '../../store/ports/sign-ins.js';
import type { Secret } from '../../text/secret.js';

const FOREIGN =
  'SESSION_SECRET is another than that of the process that started before with this data, and neither accepts a cookie of ' +
  'the other: give all of them the same list; to change it, put the new secret in front of the old one (SESSION_SECRET=NEW,OLD); ' +
  'if the old one is lost, "visiona sessions end" signs everybody out and lets the next start bring another';

const BEHIND =
  'another process signs with a SESSION_SECRET that is not in the list of this one: who signs in there is signed out here';

const OF_THIS_MACHINE =
  'SESSION_SECRET is not set: the one in use is in the data directory of this machine only, while the data are in DATABASE_URL; ' +
  'set SESSION_SECRET, or the next machine, and this one without that directory, will be refused';

/**
 * The keys that sign sessions, after the store has compared them.
 * @throws CodedError ERR_SESSION_SECRET if other processes of these data sign with keys that this one does not have; ConfigError
 * if its own secret cannot be read or made
 */
export async function joinedKeys(
  { sessionSecrets, dataDir, databaseUrl }: Pick<RestConfig, 'sessionSecrets' | 'dataDir' | 'databaseUrl'>,
  store: CookieKeyPort,
  log: Logger,
): Promise<CookieKeys> {
  const keys = new CookieKeys(sessionSecrets ?? [await ownSecret(dataDir, store)]);
  const joining = await store.joinCookieKeys(keys.kids);
  if (joining === 'foreign') {
    throw new CodedError('ERR_SESSION_SECRET', sessionSecrets === undefined ? lost(dataDir) : FOREIGN);
  }
  if (sessionSecrets === undefined && databaseUrl !== undefined) log.warn(OF_THIS_MACHINE);
  if (joining === 'behind') log.warn(BEHIND);
  return keys;
}

/**
 * The secret of the data directory. It is made if there is none, unless the store has keys of another secret, which a new one
 * would lock out.
 */
async function ownSecret(dataDir: string, store: CookieKeyPort): Promise<Secret> {
  const found = findGenerated('session-secret', dataDir);
  if (found !== undefined) return found;
  if ((await store.joinCookieKeys([])) !== 'foreign') return generated('session-secret', dataDir);
  // Another process that started at the same time may have made the secret and joined meanwhile.
  const made = findGenerated('session-secret', dataDir);
  if (made !== undefined) return made;
  throw new CodedError('ERR_SESSION_SECRET', lost(dataDir));
}

function lost(dataDir: string): string {
  return (
    `${generatedPath(dataDir, 'session-secret')} is missing or another than before: restore it beside visiona.db, or give ` +
    'all processes the SESSION_SECRET of the others; or run "visiona sessions end", which signs everybody out and lets the ' +
    'next start make another'
  );
}
