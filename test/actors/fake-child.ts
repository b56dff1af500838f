// FakeChild is a supervised child that ends when the test says so.
import { crashed, type ExitReason, NORMAL } from '../../src/actors/errors.js';
import type { Child, ChildSpec } from '../../src/actors/supervision/spec.js';

/** A child that ends when the test says so, or when it is told to. Writes what happens to it into a shared log. */
export class FakeChild implements Child {
  readonly id: string;
  readonly #log: string[];
  /** False: ignores `stop` until it is killed. */
  obedient = true;
  end: (reason: ExitReason) => void = () => {};
  readonly exited = new Promise<ExitReason>((resolve) => {
    this.end = resolve;
  });

  constructor(id: string, log: string[]) {
    this.id = id;
    this.#log = log;
  }

  stop(timeoutMs: number): Promise<ExitReason> {
    this.#log.push(`stop ${this.id} ${timeoutMs}`);
    if (this.obedient) this.end(NORMAL);
    return this.exited;
  }

  kill(why: string): void {
    this.#log.push(`kill ${this.id}`);
    this.end({ kind: 'killed', why });
  }

  crash(): void {
    this.end(crashed(new Error(`${this.id} failed`)));
  }
}

/** Specifications whose starts are logged, counted and made to fail on demand. */
export class FakeChildren {
  readonly log: string[] = [];
  /** The newest child of each id. */
  readonly last = new Map<string, FakeChild>();
  /** Ids whose starts fail. */
  readonly failing = new Set<string>();
  /** Starts of these ids wait for the promise. */
  readonly held = new Map<string, Promise<void>>();

  spec(id: string, options: Partial<ChildSpec<FakeChild>> = {}): ChildSpec<FakeChild> {
    return {
      id,
      restart: 'permanent',
      shutdown: 100,
      start: async () => {
        this.log.push(`start ${id}`);
        await this.held.get(id);
        if (this.failing.has(id)) throw new Error(`${id} does not start`);
        const child = new FakeChild(id, this.log);
        this.last.set(id, child);
        return child;
      },
      ...options,
    };
  }

  get(id: string): FakeChild {
    const child = this.last.get(id);
    if (child === undefined) throw new Error(`${id} was never started`);
    return child;
  }

  /** The log since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }
}
