import type { DependencyContainer } from 'tsyringe';
import { createAuth, NO_SIGN_IN } from '../auth/auth.js';
import { SessionKeys } from '../auth/session-keys.js';
import type { OidcConfig, RestConfig } from '../config/types.js';
import type { RestOptions } from '../http/rest.js';
import type { StoreClient } from '../store/store-client.js';
import { CliError } from './errors.js';
import { TOKENS } from './tokens.js';

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
 * How the REST API tells who calls.
 * @param oidc undefined: nobody can sign in
 * @throws CliError ERR_SESSION_SECRET where other processes of these data sign with keys that this one does not have
 */
export async function signInAt(
  oidc: OidcConfig | undefined,
  { oidc: external, sessionSecrets, isSessionSecretGenerated, databaseUrl }: RestConfig,
  store: StoreClient,
  c: DependencyContainer,
): Promise<RestOptions['auth']> {
  const [log, metrics] = [c.resolve(TOKENS.log), c.resolve(TOKENS.metrics)];
  if (oidc === undefined) {
    log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
    return () => NO_SIGN_IN;
  }
  if (isSessionSecretGenerated && databaseUrl !== undefined) log.warn(OF_THIS_MACHINE);
  const sessionKeys = new SessionKeys(sessionSecrets);
  const joining = await store.joinSessionKeys(sessionKeys.kids);
  if (joining === 'foreign') throw new CliError('ERR_SESSION_SECRET', FOREIGN);
  if (joining === 'behind') log.warn(BEHIND);
  return (publicUrl) =>
    createAuth({ oidc, publicUrl, sessionKeys, store, metrics, log, askAtOnce: external !== undefined });
}
