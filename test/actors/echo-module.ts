import { CodedError } from '../../src/actors/errors.js';
import { hosted } from '../../src/actors/implementation.js';
import { type EchoAsks, type EchoInit, echo } from './echo-kind.js';

function spin(): never {
  for (;;);
}

function exhaustHeap(): void {
  const kept: number[][] = [];
  for (;;) kept.push(new Array(1_000_000).fill(1));
}

/** Commands that end the host, not just the actor. */
const hostFaults: Record<string, () => void> = {
  '!uncaught': () =>
    setImmediate(() => {
      throw new Error('uncaught in the host');
    }),
  '!unhandled': () => {
    Promise.reject(new Error('unhandled in the host'));
  },
  '!exit': () => process.exit(7),
  '!spin': spin,
  '!heap': exhaustHeap,
};

export const implementations = [
  hosted<string, string, string, EchoInit, EchoAsks>({
    kind: echo,
    start: (init, context) => {
      if (init.start === 'throw') throw new Error('start throws');
      if (init.start === 'reject') return Promise.reject(new Error('start rejects'));
      let seen = 0;
      const behaviour = {
        receive: (message: string) => {
          seen += 1;
          if (message === '!throw') throw new CodedError('TEST_THROW', 'receive throws');
          if (message === '!finish') return context.exit();
          if (message === '!later') {
            context.schedule(1, '!throw');
            return;
          }
          const fault = hostFaults[message];
          if (fault !== undefined) return fault();
          context.emit(message);
        },
        answer: {
          double: (value: number) => value * 2,
          fail: (why: string) => {
            throw new CodedError('TEST_REFUSED', why);
          },
          crash: async (why: string) => {
            throw new Error(why);
          },
          never: () => new Promise<never>(() => {}),
          counts: () => ({ seen }),
        },
        terminated: () => {
          context.emit('terminated');
        },
      };
      return behaviour;
    },
  }),
];
