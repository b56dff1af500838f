// This file makes the rule of pairing over a store of a test.
import { pino } from 'pino';
import {
  PAIRING_ATTEMPTS_OF_ADDRESS,
  PAIRING_ATTEMPTS_WITH_CODE,
  Pairing,
} from '../../src/devices/pairing.js';
import type { Allowance } from '../../src/limits/attempt-limit.js';
import { SharedLimit } from '../../src/limits/shared-limit.js';
import type { Logger } from '../../src/observability/log.js';
import type { AttemptPort } from '../../src/store/ports/attempts.js';
import type { PairingPort } from '../../src/store/ports/pairing.js';
import { SILENT_REFUSALS } from './silent-refusals.js';

/** Makes a `Pairing`. @param allowance replaces both of the product's allowances */
export function pairingOver(
  store: PairingPort & AttemptPort,
  log: Logger = pino({ level: 'silent' }),
  allowance?: Allowance,
): Pairing {
  const addresses = new SharedLimit('pairing-address', allowance ?? PAIRING_ATTEMPTS_OF_ADDRESS, store);
  const codes = new SharedLimit('pairing-code', allowance ?? PAIRING_ATTEMPTS_WITH_CODE, store);
  return new Pairing({ store, addresses, codes, refusals: SILENT_REFUSALS, log });
}
