import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/**
 * Loaded into a process of the product before its own code (NODE_OPTIONS): at SIGUSR2 all its threads collect garbage, so
 * that what is measured afterwards is in use.
 */
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const threads = new BroadcastChannel('bench: collect garbage');
threads.unref();
if (isMainThread) {
  process.on('SIGUSR2', () => {
    threads.postMessage('now');
    collect();
  });
} else threads.onmessage = () => collect();
