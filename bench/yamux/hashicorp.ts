// hashicorp/yamux is a subject of the benchmark yamux, in a process of its own.
import { EventProcess } from '../../test/support/event-process.js';
import type { Missing } from '../benchmark.js';
import { buildGo } from '../peers/go.js';
import type { Subject } from './subject.js';

const NAME = 'hashicorp/yamux';
const TIMEOUT_MS = 120_000;

interface Done {
  readonly event: string;
  readonly error?: string;
}

/** Opens hashicorp/yamux in a process of its own, which works on all cores. Always `stop()` it. */
export async function openHashicorp(): Promise<(Subject & { stop(): Promise<void> }) | Missing> {
  const build = await buildGo('bench/peers/hashicorp-yamux');
  if ('reason' in build) return { subject: NAME, reason: build.reason };
  const peer = new EventProcess<Done>(build.path, []);
  const run = async (command: string): Promise<void> => {
    peer.command(command);
    const { error } = await peer.event(() => true, TIMEOUT_MS);
    if (error !== undefined) throw new Error(`${NAME}: ${command}: ${error}`);
  };
  return {
    name: NAME,
    churn: (count) => run(`churn ${count}`),
    bulk: (streams, bytes) => run(`bulk ${streams} ${bytes}`),
    stop: () => peer.stop(),
  };
}
