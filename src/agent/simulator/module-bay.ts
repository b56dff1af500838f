// `ModuleBay` holds the accelerators of a virtual host, and finds more by a scan.
import { type ModuleIdentity, type ModuleView, NpuModule } from './module.js';

/** A look at the buses for accelerators. */
export type ScanView =
  | { readonly jobId: string; readonly state: 'running'; readonly startedAt: string }
  | {
      readonly jobId: string;
      readonly state: 'succeeded';
      readonly startedAt: string;
      readonly finishedAt: string;
      /** Ids of modules that were not known before. */
      readonly found: readonly string[];
    };

interface Scan {
  readonly jobId: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly found: readonly ModuleIdentity[];
}

const SCAN_MS = 2_000;

/** Modules that are known when the host starts. */
const BUILT_IN: readonly ModuleIdentity[] = [
  { id: 'npu-0', name: 'Accelerator 1', chip: 'KL720', port: 'usb-1-1', firmware: '2.2.0' },
  { id: 'npu-1', name: 'Accelerator 2', chip: 'KL520', port: 'usb-1-2', firmware: '2.2.0' },
];
/** Modules that are plugged in, but seen only by a scan. */
const PLUGGED_IN: readonly ModuleIdentity[] = [
  { id: 'npu-2', name: 'Accelerator 3', chip: 'KL720', port: 'usb-2-1', firmware: '2.1.3' },
];

/** The accelerators of a virtual host. `now` is wall-clock ms throughout. */
export class ModuleBay {
  readonly #modules = new Map<string, NpuModule>();
  #scans = 0;
  #scan: Scan | undefined;

  constructor(now: number) {
    this.#attach(BUILT_IN, now);
  }

  get(id: string, now: number): NpuModule | undefined {
    this.#finishScan(now);
    return this.#modules.get(id);
  }

  list(now: number): ModuleView[] {
    this.#finishScan(now);
    return [...this.#modules.values()].map((module) => module.view(now));
  }

  /** The latest scan. */
  scan(now: number): ScanView | undefined {
    return this.#scan && viewOf(this.#scan, now);
  }

  /** Starts a scan, or answers the one that is running: the buses can be walked once at a time. */
  startScan(now: number): ScanView {
    this.#finishScan(now);
    if (this.#scan === undefined || now >= this.#scan.finishedAt) {
      this.#scans++;
      this.#scan = {
        jobId: `scan-${this.#scans}`,
        startedAt: now,
        finishedAt: now + SCAN_MS,
        found: PLUGGED_IN.filter(({ id }) => !this.#modules.has(id)),
      };
    }
    return viewOf(this.#scan, now);
  }

  #finishScan(now: number): void {
    if (this.#scan === undefined || now < this.#scan.finishedAt) return;
    this.#attach(this.#scan.found, this.#scan.finishedAt);
  }

  #attach(identities: readonly ModuleIdentity[], now: number): void {
    for (const identity of identities) {
      if (!this.#modules.has(identity.id)) this.#modules.set(identity.id, new NpuModule(identity, now));
    }
  }
}

function viewOf(scan: Scan, now: number): ScanView {
  const { jobId } = scan;
  const startedAt = new Date(scan.startedAt).toISOString();
  if (now < scan.finishedAt) return { jobId, state: 'running', startedAt };
  const finishedAt = new Date(scan.finishedAt).toISOString();
  return { jobId, state: 'succeeded', startedAt, finishedAt, found: scan.found.map(({ id }) => id) };
}
