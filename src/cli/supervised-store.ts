import type { DependencyContainer } from 'tsyringe';
import { describeExit } from '../actors/errors.js';
import type { Host } from '../actors/host.js';
import { Supervisor } from '../actors/supervisor.js';
import type { StoreConfig } from '../config/types.js';
import { startStoreProcess } from '../store/store-process.js';
import { TOKENS } from './tokens.js';

const STORE_STOP_MS = 10_000;

/**
 * Starts the store's process under a supervisor that restarts it.
 * @throws StoreError at the first start: data that cannot be opened now is for the operator, not for a restart
 */
export async function superviseStore(
  c: DependencyContainer,
  { dataDir }: StoreConfig,
): Promise<Supervisor<Host>> {
  const client = c.resolve(TOKENS.store);
  const log = c.resolve(TOKENS.log);
  let first: Host | undefined = await startStoreProcess(client, dataDir);
  const start = async (): Promise<Host> => {
    const host = first ?? (await startStoreProcess(client, dataDir));
    first = undefined;
    return host;
  };
  const supervisor = new Supervisor<Host>({
    strategy: 'one-for-one',
    children: [{ id: 'store', restart: 'permanent', shutdown: STORE_STOP_MS, start }],
    onChildExited: (_id, reason) => {
      if (reason.kind !== 'normal') log.error({ reason: describeExit(reason) }, 'the store process ended');
    },
  });
  return supervisor.start();
}
