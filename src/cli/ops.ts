import type { DependencyContainer } from 'tsyringe';
import type { OpsConfig } from '../config/types.js';
import { OpsListener } from '../ops/ops-listener.js';
import type { Readiness } from '../server/readiness.js';
import { TOKENS } from './tokens.js';

/** The operations listener of a process. It is the last to start: whoever finds it finds the others. @throws ListenError */
export function startOps(
  c: DependencyContainer,
  { opsAddr }: OpsConfig,
  readiness: Readiness,
): Promise<OpsListener> {
  const [exposition, requests] = [c.resolve(TOKENS.exposition), c.resolve(TOKENS.requests)];
  return OpsListener.start({ address: opsAddr, readiness, exposition, requests });
}
