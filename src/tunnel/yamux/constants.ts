// Every constant of the wire stands here, under its name in hashicorp/yamux's spec.md; yamux-js gives the value if it can.
// They are plain constants instead of yamux-js's enum objects, because they are read for each frame.
import { FLAGS, GO_AWAY_ERRORS, initialStreamWindow, TYPES, VERSION } from 'yamux-js/lib/constants.js';
import { Header } from 'yamux-js/lib/header.js';

/** The only version there is. */
export const PROTOCOL_VERSION: number = VERSION;

/** Bytes of a frame header. */
export const HEADER_LENGTH: number = Header.LENGTH;

/** Payload of `length` bytes follows. */
export const DATA: number = TYPES.Data;
/** `length` is credit that the peer may send on top of what it has. */
export const WINDOW_UPDATE: number = TYPES.WindowUpdate;
/** `length` is opaque and comes back with ACK. */
export const PING: number = TYPES.Ping;
/** `length` is a code: why the session takes no more streams, or ends. */
export const GO_AWAY: number = TYPES.GoAway;

/** Opens a stream; on a ping: asks. */
export const SYN: number = FLAGS.SYN;
/** Accepts a stream; on a ping: answers. */
export const ACK: number = FLAGS.ACK;
/** Half-close: the sender of the flag sends no more data. */
export const FIN: number = FLAGS.FIN;
/** The stream is gone, both ways, at once. */
export const RST: number = FLAGS.RST;

/** GoAway code: no new streams, those there run on. */
export const GO_AWAY_NORMAL: number = GO_AWAY_ERRORS.goAwayNormal;
/** GoAway code: the peer broke the protocol. */
export const GO_AWAY_PROTOCOL: number = GO_AWAY_ERRORS.goAwayProtoErr;
/** GoAway code: the sender failed. */
export const GO_AWAY_INTERNAL: number = GO_AWAY_ERRORS.goAwayInternalErr;

/** Bytes each side may send on a new stream before any credit, on every implementation (spec.md, "Flow Control"). */
export const INITIAL_WINDOW: number = initialStreamWindow;
/** Credit is a uint32; a sum above it is a protocol error (rule 21). */
export const MAX_CREDIT = 0xffff_ffff;
/** hashicorp's Open fails from this id on (rule 9). */
export const FIRST_EXHAUSTED_ID = 0xffff_fffe;
