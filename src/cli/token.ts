import type { Writable } from 'node:stream';
import { accessTokenFor } from '../auth/device-grant.js';
import { ProviderError } from '../auth/provider-error.js';
import type { TokenConfig } from '../config/types.js';
import { CliError } from './errors.js';
import { print } from './print.js';

/**
 * `visiona token`: the token goes to the standard output and nothing else does, so that a shell can take it.
 * @throws CliError, OutputError
 */
export async function printToken(
  config: TokenConfig,
  { stdout, stderr }: { readonly stdout: Writable; readonly stderr: Writable },
): Promise<void> {
  let token: string;
  try {
    token = await accessTokenFor(config, ({ url, userCode }) =>
      print(stderr, `Open ${url} in a browser and confirm the code ${userCode}.\n`),
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { origin } = config.issuer;
    throw new CliError('ERR_NO_TOKEN', `${origin} gives no token: ${error.message}`);
  }
  await print(stdout, `${token}\n`);
}
