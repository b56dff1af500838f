// Entries are the units that cross a link; this file defines their header and their types.

/**
 * The size of an entry's header. A batch is a run of entries, little-endian:
 *
 *     [u32 length of the entry, this header included][u32 actor id][u8 type][payload]
 *
 * Actor ids are given by the spawning side; id 0 is the host itself.
 */
export const HEADER_BYTES = 9;

/** The host's own address. */
export const HOST_ID = 0;

/** Both ways; payload: as the kind's codec packs it. */
export const TELL_ENTRY = 1;
/** To the host: [u32 ask id][utf8 name][v8 value]. */
export const ASK_ENTRY = 2;
/** To the owner: [u32 ask id][v8 value]. */
export const REPLY_ENTRY = 3;
/** To the owner: [u32 ask id][v8 SerializedError]. */
export const ASK_ERROR_ENTRY = 4;
/** To the host: [utf8 kind][v8 init]. */
export const SPAWN_ENTRY = 5;
/** To the host: no payload. For id 0: stop every actor, then the host. */
export const STOP_ENTRY = 6;
/** To the host: [utf8 why]. */
export const KILL_ENTRY = 7;
/** To the owner: [v8 ExitReason]. */
export const EXIT_ENTRY = 8;
/** To the host: no payload. */
export const PING_ENTRY = 9;
/** To the owner: [f64 mean loop delay, s][f64 maximum, s][u32 dropped messages]. */
export const PONG_ENTRY = 10;
/** Both ways: [u32 bytes consumed since the last credit]. */
export const CREDIT_ENTRY = 11;
/** To the owner, once: the host's module is loaded. No payload. */
export const READY_ENTRY = 12;
/** To the owner: [v8 SerializedError]; the host is about to end because of it. */
export const FAULT_ENTRY = 13;
