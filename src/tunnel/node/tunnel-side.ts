// This file defines what the tunnel side needs of the store, says which of its parts can serve, and drains it.
import type { CallRecorder } from '../../server/call-recorder.js';
import type { Missing, Readiness } from '../../server/readiness.js';
import type { StoreClient } from '../../store/client/store-client.js';
import type { AdmissionPort, RefusalPort } from '../../store/ports/admission.js';
import type { Changes } from '../../store/ports/changes.js';
import type { DeviceEventPort } from '../../store/ports/devices.js';
import type { InternalApi } from '../internal/internal-api.js';
import type { TunnelListener } from '../listener/tunnel-listener.js';
import { REGISTRY_ASK_MS, type SessionRegistryRef } from '../registry/session-registry.js';
import type { SessionHosts } from '../session/main/session-hosts.js';

/** How long it may take until closing devices have their GoAway and close code, in ms. */
const CLOSE_GRACE_MS = 1000;

/** The part of the store that the tunnel side uses. */
export interface TunnelStore extends AdmissionPort, DeviceEventPort, RefusalPort {
  /** Which calls of the store cannot be answered now. */
  readonly missing: StoreClient['missing'];
  onChanges(listener: (changes: Changes) => void): () => void;
}

/** The parts of a process with tunnels that cannot be served now, and why. */
export function missingOf(store: Pick<TunnelStore, 'missing'>, hosts: Pick<SessionHosts, 'live'>): Missing {
  const { reads, writes } = store.missing;
  const noHosts = hosts.live === 0 ? 'overloaded' : undefined;
  const dials = writes ?? noHosts;
  return {
    ...(reads && { reads }),
    ...(writes && { writes }),
    ...(noHosts && { 'device-calls': noHosts }),
    ...(dials && { dials }),
  };
}

/** The parts of a process that a {@link TunnelDrain} drains. */
export interface TunnelDrainOptions {
  readonly readiness: Readiness;
  readonly registry: SessionRegistryRef;
  readonly tunnels: TunnelListener;
  readonly internal: InternalApi;
  readonly calls: CallRecorder;
}

/** Takes the tunnel side out of service, so that it can be stopped without breaking a call. */
export class TunnelDrain {
  readonly #options: TunnelDrainOptions;

  constructor(options: TunnelDrainOptions) {
    this.#options = options;
  }

  /**
   * Makes the process unready first; tells devices and callers of WebSockets; lets calls finish, but in no more than
   * `graceMs`; then closes the tunnels with 1001.
   * @returns how many calls and WebSockets were cut
   */
  async drain(graceMs: number): Promise<number> {
    const { readiness, registry, tunnels, internal, calls } = this.#options;
    readiness.drain();
    tunnels.drain();
    await registry.ask('goAway', undefined, REGISTRY_ASK_MS);
    internal.drain();
    const cut = await calls.idle(graceMs);
    internal.stopAccepting();
    await registry.ask('closeAll', 'draining', REGISTRY_ASK_MS);
    await Promise.all([tunnels.empty(CLOSE_GRACE_MS), calls.idle(CLOSE_GRACE_MS)]);
    return cut;
  }
}
