// This module hosts the echo, and lets its host fail on request.
import { setImmediate as turn } from 'node:timers/promises';
import { CodedError } from '../../src/actors/errors.js';
import type { HostedContext } from '../../src/actors/host.js';
import { hosted } from '../../src/actors/host.js';
import { type EchoAsks, echo } from './echo-kind.js';

/** Commands that concern the host, not just the actor. */
const faults: Record<string, (context: HostedContext<string, string>) => void> = {
  '!uncaught': () => {
    setImmediate(() => {
      throw new Error('uncaught in the host');
    });
  },
  '!unhandled': () => {
    Promise.reject(new Error('unhandled in the host'));
  },
  /** Not a fault: keeps the event loop busy, as an actor with a socket would. */
  '!linger': () => {
    setInterval(() => {}, 1000);
  },
  '!exit': () => process.exit(7),
  '!leave': () => process.exit(0),
  '!spin': () => {
    for (;;);
  },
  '!heap': () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array(100_000).fill(1));
  },
  '!last-words': async (context) => {
    context.emit('last words');
    // The batch is posted in the first turn.
    await turn();
    await turn();
    process.exit(7);
  },
};

export const implementations = [
  hosted<string, string, string, null, EchoAsks>({
    kind: echo,
    start: (_init, context) => ({
      receive: (message) => {
        const fault = faults[message];
        if (fault !== undefined) return fault(context);
        if (message === '!throw') throw new CodedError('TEST_THROW', 'receive throws');
        if (message === '!stay') return new Promise(() => {});
        context.emit(message);
      },
      answer: {
        double: (value) => value * 2,
        pid: () => process.pid,
        never: () => new Promise<never>(() => {}),
      },
      terminated: () => {
        context.emit('terminated');
      },
    }),
  }),
];
