import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/store/ports/errors.js';
import { PostgresWatch } from '../../../src/store/postgres/postgres-watch.js';

// The watch keeps no process alive.
let alive: NodeJS.Timeout;
before(() => {
  alive = setInterval(() => {}, 1_000);
});
after(() => clearInterval(alive));

const AWAY = new StoreUnavailableError('nobody answers');

/** A watch whose probes are answered by the test. */
class Watched {
  isAsked = false;
  probes = 0;
  #answer: ((why: StoreUnavailableError | undefined) => void) | undefined;
  #begun: () => void = () => {};
  #lost: (why: StoreUnavailableError) => void = () => {};
  readonly lost = new Promise<StoreUnavailableError>((resolve) => {
    this.#lost = resolve;
  });
  readonly watch = new PostgresWatch({
    probe: () => {
      this.probes += 1;
      return new Promise((resolve) => {
        this.#answer = resolve;
        this.#begun();
      });
    },
    isAsked: () => this.isAsked,
    lost: (why) => this.#lost(why),
  });

  /** A probe is under way. */
  async probed(): Promise<void> {
    if (this.#answer === undefined) {
      await new Promise<void>((resolve) => {
        this.#begun = resolve;
      });
    }
  }

  /** Ends the probe under way. */
  async answer(why?: StoreUnavailableError): Promise<void> {
    await this.probed();
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(why);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('D6: a database that answers nobody is probed, is away when that fails too, and is there when one is answered', async () => {
  const watched = new Watched();
  // Nobody asks it anything: that it says nothing means nothing.
  assert.equal(watched.probes, 0);
  watched.isAsked = true;
  await watched.answer(AWAY);
  await watched.answer(AWAY);
  assert.equal(await watched.lost, AWAY);
  assert.equal(watched.watch.away, AWAY);
  await watched.answer();
  assert.equal(watched.watch.away, undefined);
  watched.watch.stop();
});

test('D6: a connection that is lost alone is no database that is away', async () => {
  const watched = new Watched();
  watched.watch.suspect();
  watched.watch.suspect();
  await watched.answer(AWAY);
  assert.equal(watched.watch.away, undefined);
  await watched.answer();
  assert.equal(watched.probes, 2, 'one at a time');
  watched.watch.stop();
});

test('D6: while others are answered a probe that is not says nothing', async () => {
  const watched = new Watched();
  watched.watch.suspect();
  await watched.probed();
  watched.watch.heard(performance.now() + 1);
  await watched.answer(AWAY);
  assert.deepEqual([watched.watch.away, watched.probes], [undefined, 1]);
  watched.watch.stop();
});
