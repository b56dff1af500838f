// This file is the command `visiona token`.
import type { Writable } from 'node:stream';
import { type ProgramTokens, tokensOfPerson } from '../auth/device-grant.js';
import { ProviderError } from '../auth/provider-error.js';
import type { TokenConfig } from '../config/types.js';
import { print } from './command.js';
import { CliError } from './errors.js';
import { KeptGrant } from './kept-grant.js';

/**
 * `visiona token`: prints the token, and nothing else, on the standard output, so that a shell can use it.
 * @throws CliError, OutputError
 */
export async function printToken(
  config: TokenConfig,
  { stdout, stderr }: { readonly stdout: Writable; readonly stderr: Writable },
): Promise<void> {
  const { keep } = config;
  const ofPerson = (): Promise<ProgramTokens> =>
    tokensOfPerson(config, keep !== undefined, ({ url, userCode }) =>
      print(stderr, `Open ${url} in a browser and confirm the code ${userCode}.\n`),
    );
  try {
    const { accessToken } = await (keep === undefined
      ? ofPerson()
      : new KeptGrant(keep).use(config, ofPerson));
    await print(stdout, `${accessToken}\n`);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const advice = adviceOn(error, config);
    throw new CliError('ERR_NO_TOKEN', `${config.issuer.origin} gives no token: ${error.message}${advice}`);
  }
}

/** Advice for the person about an error; '' if there is none. */
function adviceOn({ code }: ProviderError, { keep, isDevelopment }: TokenConfig): string {
  if (code === 'ERR_PROVIDER_GRANT' && keep !== undefined) {
    return `; the sign-in that ${keep} keeps is over: remove it, and confirm in a browser again`;
  }
  if (code === 'ERR_PROVIDER_UNREACHABLE' && isDevelopment) {
    return '; start visiona up, or set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_AUDIENCE for a provider of your own';
  }
  return '';
}
