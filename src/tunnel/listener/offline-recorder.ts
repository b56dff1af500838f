// The offline recorder writes into the store which tunnels have ended.
import type { Logger } from '../../observability/log.js';
import type { DeviceEventPort, DeviceOffline } from '../../store/ports/devices.js';
import { storeWhy } from '../../store/ports/errors.js';

/** How many devices one call of `recordOffline` may be about. */
const DEVICES_A_CALL = 1000;

/** Records the ends of one turn of the event loop in one call, as a whole fleet may disconnect at once. */
export class OfflineRecorder {
  readonly #store: DeviceEventPort;
  readonly #log: Logger;
  #ended: DeviceOffline[] = [];

  constructor(store: DeviceEventPort, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Records that the tunnel of a device has ended. */
  record(device: DeviceOffline): void {
    this.#ended.push(device);
    if (this.#ended.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (let at = 0; at < ended.length; at += DEVICES_A_CALL) {
      const part = ended.slice(at, at + DEVICES_A_CALL);
      // Only a line of a device's history is lost: the session is gone all the same.
      this.#store.recordOffline(part).catch((error: unknown) => {
        this.#log.warn(
          { ...storeWhy(error), devices: part.length },
          'the end of tunnels could not be recorded',
        );
      });
    }
  }
}
