// `atSignal` lets a program that is loaded before the product act in each of its threads.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** Runs `act` at each SIGUSR2 to the process, in every thread that has called this with the same name. */
export function atSignal(name: string, act: () => void): void {
  const threads = new BroadcastChannel(`bench: ${name}`);
  threads.unref();
  if (!isMainThread) {
    threads.onmessage = act;
    return;
  }
  process.on('SIGUSR2', () => {
    threads.postMessage('now');
    act();
  });
}
