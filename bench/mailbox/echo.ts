// This program is the other thread of a mailbox: it sends each message back.
import { type MessagePort, workerData } from 'node:worker_threads';
import { openEnd } from './ends.js';

/** The port of the mailbox, and the subject that is measured. */
const { port, subject } = workerData as { port: MessagePort; subject: string };
const send = openEnd[subject]?.(port, (message) => send?.(message));
