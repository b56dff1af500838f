// This file holds every default of the actor runtime, with its unit and its reason.

/** Messages that a mailbox holds before it refuses more: enough for a burst of one loop turn, few enough to notice a jam. */
export const MAILBOX_MESSAGES = 1024;

/** Timers one actor may have pending. */
export const TIMERS_PER_ACTOR = 16_384;

/** Questions one actor may have unanswered. */
export const ASKS_PER_ACTOR = 16_384;

/**
 * DRAIN_BUDGET is how many messages are handled in one microtask before the event loop turns; DRAIN_PER_ACTOR is how many of
 * them one actor may handle before the next one has its turn.
 */
export const DRAIN_BUDGET = 1024;
export const DRAIN_PER_ACTOR = 64;

/** Bytes posted and not yet consumed at which a link asks its senders to wait. */
export const LINK_SOFT_BYTES = 4 * 1024 * 1024;

/** Bytes posted and not yet consumed at which a link refuses messages. */
export const LINK_HARD_BYTES = 64 * 1024 * 1024;

/** Share of the soft bound that a receiver may owe before it posts credit on its own: 1 / 4. */
export const CREDIT_SHARE = 4;

/** A batch that grows beyond this within one loop turn is posted at once, so that the receiver can start on it. */
export const BATCH_BYTES = 64 * 1024;

/** The smallest buffer that a batch begins with. */
export const BATCH_MIN_BYTES = 1024;

/**
 * How many milliseconds of a turn of the event loop a link may read: a thousand messages for as many sockets, such as the
 * answers to the pings of a fleet, would hold up every other socket and timer of the thread.
 */
export const READ_TURN_MS = 4;

/**
 * SPARE_BATCHES is how many buffers an end of a link keeps for its next batches, and how many more it holds to give back;
 * SPARE_BYTES is the size of the largest that it keeps. More of them would save garbage in a bulk transfer but cost uploads a
 * third more CPU: the next buffer would be in no cache of the CPU any more.
 */
export const SPARE_BATCHES = 8;
export const SPARE_BYTES = 256 * 1024;

/** Batches up to this size are copied to the other thread, larger ones transferred (docs/adr/0003). */
export const COPY_BYTES = 2048;

/**
 * LIVENESS_PERIOD_MS is the time between two pings of a host, LIVENESS_TIMEOUT_MS the time without an answer after which the
 * host is killed.
 */
export const LIVENESS_PERIOD_MS = 1000;
export const LIVENESS_TIMEOUT_MS = 5000;

/** Milliseconds a host has to load its module: it takes half a second on an idle machine, ten seconds and more on a busy one. */
export const HOST_START_TIMEOUT_MS = 60_000;

/** Milliseconds after which a start is reported as slow. */
export const SLOW_START_MS = 10_000;

/** Heap of a host, in MiB. */
export const HOST_HEAP_MB = 2048;
