// ProviderStand is the product's side of a fake provider.
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Provider, type ProviderOptions } from '../../src/auth/provider.js';
import { ProviderError, type ProviderErrorCode } from '../../src/auth/provider-error.js';
import { FakeProvider } from './fake-provider.js';
import { OIDC_POLICY } from './oidc-policy.js';

export const CHECKS = { state: 's'.repeat(43), nonce: 'n'.repeat(43), verifier: 'v'.repeat(43) };

/** Our side of a fake provider, with its clock. */
export class ProviderStand {
  readonly fake: FakeProvider;
  /** What was logged. */
  readonly logged: string[] = [];
  /** Milliseconds of the clock by which the provider is asked again. */
  now = 0;

  private constructor(fake: FakeProvider) {
    this.fake = fake;
  }

  static async start(): Promise<ProviderStand> {
    return new ProviderStand(await FakeProvider.start());
  }

  close(): Promise<void> {
    return this.fake.close();
  }

  provider(over: Partial<ProviderOptions> = {}): Provider {
    return new Provider({
      issuer: new URL(this.fake.issuer),
      clientId: 'visiona',
      clientSecret: undefined,
      ...OIDC_POLICY,
      scopes: ['openid', 'profile'],
      publicUrl: new URL('https://visiona.example'),
      log: pino({ level: 'debug' }, { write: (line) => this.logged.push(line) }),
      now: () => this.now,
      ...over,
    });
  }

  /** Sends somebody there and back. */
  async redeem(by = this.provider(), subject = 'alice', change = (query: string) => query) {
    const query = this.fake.signIn(await by.authorizationUrl(CHECKS), subject);
    return by.redeem(change(query), CHECKS);
  }
}

export function rejectsWith(promise: Promise<unknown>, code: ProviderErrorCode): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}
