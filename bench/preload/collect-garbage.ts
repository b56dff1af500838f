// This program is loaded before the product, and collects garbage in it at a signal.
import { Session } from 'node:inspector';
import { atSignal } from './every-thread.js';

/**
 * Loaded into a process of the product before its own code (NODE_OPTIONS): at SIGUSR2 all its threads collect garbage and give
 * back unused memory, so that memory measured afterwards is in use. `gc()` of `--expose-gc` would keep the young generation at
 * the size that the last storm gave it, which V8 by itself takes back after some idle seconds.
 */
const inspector = new Session();
inspector.connect();
atSignal('collect garbage', () => inspector.post('HeapProfiler.collectGarbage'));
