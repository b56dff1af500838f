import * as oc from 'openid-client';
import { backoffMs } from '../actors/supervision/backoff.js';
import { isLoopback } from '../config/address.js';
import type { Secret } from '../config/secret.js';
import type { Logger } from '../observability/log.js';
import { ProviderError, providerError } from './provider-error.js';

/** Where the provider is, and who we are to it. */
export interface ClientOptions {
  readonly issuer: URL;
  readonly clientId: string;
  /** Undefined: a public client, which PKCE alone protects. */
  readonly clientSecret: Secret | undefined;
  readonly log: Logger;
  /** How long any answer of the provider may take, in ms. */
  readonly timeoutMs?: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** By how much the provider's clock may differ from ours, in seconds. */
export const CLOCK_TOLERANCE_S = 5;
export const ANSWER_MS = 5_000;
const RETRY = { minMs: 500, maxMs: 10_000 };

/**
 * What the provider says of itself, asked for when it is first needed, so that the provider may be down when we start.
 * After a failure it is asked again by whoever needs it, but not before a while has passed.
 */
export class Discovery {
  readonly #options: ClientOptions;
  readonly #now: () => number;
  #known: oc.Configuration | undefined;
  #asking: Promise<oc.Configuration> | undefined;
  #failures = 0;
  #failed: { readonly error: unknown; readonly until: number } | undefined;

  constructor(options: ClientOptions) {
    const { protocol, hostname } = options.issuer;
    if (protocol !== 'https:' && !isLoopback(hostname)) {
      throw new RangeError(`an issuer on plain http must be on loopback, and ${hostname} is not`);
    }
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Rejects with a {@link ProviderError}. */
  configuration(): Promise<oc.Configuration> {
    if (this.#known !== undefined) return Promise.resolve(this.#known);
    if (this.#failed !== undefined && this.#now() < this.#failed.until) {
      return Promise.reject(this.#failed.error);
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<oc.Configuration> {
    const { issuer, log } = this.#options;
    try {
      this.#known = await discover(this.#options);
      if (this.#failures > 0) log.info({ issuer: issuer.href }, 'the OpenID provider answers again');
      return this.#known;
    } catch (error) {
      this.#failures += 1;
      const retryMs = Math.round(backoffMs(RETRY, this.#failures, Math.random()));
      this.#failed = { error, until: this.#now() + retryMs };
      // What the provider did is said by its sentence; only of a fault of ours is the stack of use.
      const why = error instanceof ProviderError ? { problem: error.message } : { err: error };
      log.warn({ issuer: issuer.href, ...why, retryMs }, 'the OpenID provider was not discovered');
      throw error;
    }
  }
}

/** Asks once. Rejects with a {@link ProviderError}. */
export async function discover({
  issuer,
  clientId,
  clientSecret,
  timeoutMs = ANSWER_MS,
}: Omit<ClientOptions, 'log'>): Promise<oc.Configuration> {
  // Without it openid-client trusts the TLS connection instead of the ID token's signature.
  const execute = [oc.enableNonRepudiationChecks];
  if (issuer.protocol === 'http:') execute.push(oc.allowInsecureRequests);
  // A bare secret would be sent by client_secret_post; without one nothing is sent.
  const method = clientSecret === undefined ? oc.None() : oc.ClientSecretBasic(clientSecret.reveal());
  try {
    return await oc.discovery(issuer, clientId, { [oc.clockTolerance]: CLOCK_TOLERANCE_S }, method, {
      execute,
      timeout: timeoutMs / 1000,
    });
  } catch (error) {
    throw discoveryError(error);
  }
}

/** A discovery document that is not there, or another issuer's, is for the operator: but it may be mended meanwhile. */
function discoveryError(thrown: unknown): unknown {
  const error = providerError(thrown);
  if (!(error instanceof ProviderError) || error.code === 'ERR_PROVIDER_UNREACHABLE') return error;
  return new ProviderError(
    error.code,
    `OIDC_ISSUER does not lead to its discovery document: ${error.message}`,
  );
}
