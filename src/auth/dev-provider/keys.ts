// This file derives the development provider's keys from the secret in the data directory.
import { createECDH, hkdfSync } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import type { Secret } from '../../text/secret.js';

const BYTES = 32;

/** The development provider's keys; the same secret gives the same keys at every start. */
export interface DevProviderKeys {
  /** The key that signs ID tokens: ES256. */
  readonly signing: JWK;
  /** The key that signs the provider's own cookies. */
  readonly cookies: string;
}

/** Derives the keys. */
export function devProviderKeys(secret: Secret): DevProviderKeys {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret.reveal(), '', `visiona development provider ${purpose}`, BYTES));
  const ecdh = createECDH('prime256v1');
  // Of all 32-byte numbers, all but one in 2³² are private keys of the curve; setPrivateKey throws for the rest.
  ecdh.setPrivateKey(derive('signing'));
  const point = ecdh.getPublicKey();
  const coordinate = (at: number): string => point.subarray(at, at + BYTES).toString('base64url');
  return {
    signing: {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      x: coordinate(1),
      y: coordinate(1 + BYTES),
      d: derive('signing').toString('base64url'),
    },
    cookies: derive('cookies').toString('base64url'),
  };
}
