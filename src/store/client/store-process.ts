// This file starts the store's process and attaches a client to it.
import { ActorGoneError, CodedError, describeExit } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import { startProcessHost } from '../../actors/hosting/process-host.js';
import type { StoreLocation } from '../location.js';
import { isStoreErrorCode, StoreError } from '../ports/errors.js';
import { STORE_KIND } from '../wire/store-kind.js';
import type { StoreClient } from './store-client.js';

/** How long opening may take, in ms: another process may be migrating the data. */
const OPEN_MS = 30_000;

/**
 * How long the store's process may be silent before it counts as hung, in ms. A statement may wait 5 s for another process's
 * write, so a process is silent for longer only if it hangs.
 */
const LIVENESS_TIMEOUT_MS = 15_000;

/**
 * Starts the store's process and attaches `client` to it: the start function of a supervised child.
 * @throws StoreError with one sentence for the operator when the data cannot be opened; HostStartError.
 */
export async function startStoreProcess(client: StoreClient, location: StoreLocation): Promise<Host> {
  const host = await startProcessHost({
    name: 'store',
    module: new URL('../process/store-actor.js', import.meta.url),
    liveness: { timeoutMs: LIVENESS_TIMEOUT_MS },
  });
  try {
    await attachStore(host, client, location);
    return host;
  } catch (error) {
    host.kill('its store did not open');
    throw error;
  }
}

/** Opens a store in `host` and attaches `client` to it. If the store's actor fails, its host ends too. */
export async function attachStore(host: Host, client: StoreClient, location: StoreLocation): Promise<void> {
  const since = client.heardOf;
  const init = since === undefined ? { location } : { location, since };
  const actor = host.spawn(STORE_KIND, init, {
    message: (report) => client.report(report),
    exited: (reason) => {
      client.detach(actor);
      if (reason.kind !== 'normal') host.kill(`its store ended: ${describeExit(reason)}`);
    },
  });
  try {
    await actor.ask('lastChange', [], OPEN_MS);
  } catch (error) {
    // The database was open before and may only be away for a while: the store stays, and its calls fail as unavailable.
    if (since === undefined || !isUnavailable(error)) throw openError(error);
  }
  client.attach(actor);
}

function isUnavailable(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'ERR_STORE_UNAVAILABLE';
}

/** The StoreError with which the actor did not start; any other error is returned as it is. */
function openError(error: unknown): unknown {
  if (!(error instanceof ActorGoneError) || error.reason.kind !== 'crashed') return error;
  const { code, message } = error.reason.error;
  return isStoreErrorCode(code) ? new StoreError(code, message, { cause: error }) : error;
}
