import { Session } from 'node:inspector';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/**
 * Loaded into a process of the product before its own code (NODE_OPTIONS): at SIGUSR2 all its threads collect garbage and
 * give back what they do not need, so that what is measured afterwards is in use. `gc()` of `--expose-gc` keeps the young
 * generation at the size that the last storm gave it, which V8 by itself takes back after some idle seconds.
 */
const inspector = new Session();
inspector.connect();
const collect = () => inspector.post('HeapProfiler.collectGarbage');

const threads = new BroadcastChannel('bench: collect garbage');
threads.unref();
if (isMainThread) {
  process.on('SIGUSR2', () => {
    threads.postMessage('now');
    collect();
  });
} else threads.onmessage = collect;
