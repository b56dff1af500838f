// This file opens the ends of a mailbox between two threads: over the actors' link, or by postMessage.
import type { MessagePort } from 'node:worker_threads';
import { TELL_ENTRY } from '../../src/actors/link/entry.js';
import { defaultBounds, Link } from '../../src/actors/link/link.js';
import { PortTransport } from '../../src/actors/link/port-transport.js';
import type { Codec } from '../../src/actors/pack.js';
import { PRODUCT } from '../benchmark.js';

/** Opens one end of a mailbox between two threads. @returns the function that sends a message */
type OpenEnd = (port: MessagePort, received: (message: Uint8Array) => void) => (message: Uint8Array) => void;

const ACTOR = 1;

const bytes: Codec<Uint8Array> = {
  write: (message, out) => out.raw(message),
  read: (from) => from.rest(),
};

/** Opens an end over the actors' link: packed, posted once a loop turn, bounded, with credit. */
const openLink: OpenEnd = (port, received) => {
  const handler = {
    entry(type: number, _actor: number, body: Parameters<typeof bytes.read>[0]): number {
      if (type === TELL_ENTRY) received(bytes.read(body));
      return 0;
    },
  };
  const link = new Link(new PortTransport(port), handler, defaultBounds);
  return (message) => {
    if (!link.tell(ACTOR, bytes, message)) throw new Error('the link refused a message');
  };
};

/** Opens an end with one postMessage a message: without a bound or batches. */
const openPlain: OpenEnd = (port, received) => {
  port.on('message', received);
  return (message) => port.postMessage(message);
};

/** The functions that open an end, by subject. */
export const openEnd: Readonly<Record<string, OpenEnd>> = {
  [PRODUCT]: openLink,
  postMessage: openPlain,
};
