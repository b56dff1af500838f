// `ResponseWriter` writes a device's answer to a caller, with backpressure, and passes the caller's upload on.
import type { HttpResponse } from 'uWebSockets.js';
import type { ForwardCall, ForwardFailure, ResponseHead, ResponseSink } from '../contract/call.js';
import { UPLOAD_CREDIT } from '../contract/call.js';
import type { HeaderNames } from '../http1/header-names.js';
import { type AddedHeaders, CORK_BYTES, writeAnswerHeaders } from './answer.js';
import { BodyBacklog } from './body-backlog.js';
import { addFullSocket, type FullSocket, MAX_IDLE_TRIES, removeFullSocket } from './full-sockets.js';
import type { HeldBody } from './held-body.js';

/** The parts of answering that differ between the listeners. */
export interface ResponsePolicy {
  /** Headers of a device's answer that this listener does not pass on. */
  readonly dropped: HeaderNames;
  /** Headers that this listener adds to a device's answer. */
  ownHeaders(): AddedHeaders;
  /** Ends an answer that has no body, of which all but the length is written. `close`: close the connection afterwards. */
  endBodyless(res: HttpResponse, head: ResponseHead, close: boolean): void;
  /** Answers with a problem; nothing has been written yet. `close`: close the connection afterwards. */
  problem(res: HttpResponse, failure: ForwardFailure, close: boolean): void;
  /** Called when a call begins. */
  began(): void;
  /** Called once when the call is over, however it ended. `failure` is undefined if the answer was whole. */
  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void;
}

/**
 * Whether a head with a length can be sent before its body, by a `tryEnd` with no bytes. Builds of uWebSockets.js for Node
 * 22 and later take that for the end of the answer: there the head waits for the first bytes of its body, as a head without
 * a length does.
 */
export const HEAD_GOES_ALONE = Number(process.versions.modules) <= 115;

/** The most upload bytes that a call may hold unsent: its credit, and one read beyond it. */
const MOST_OUTSTANDING = UPLOAD_CREDIT + 512 * 1024;

/**
 * The writer whose `writeNow` runs inside the next cork. uWS takes a callback, and a closure for each write would cost too
 * much.
 */
let corked: ResponseWriter;
const writeCorked = (): void => corked.writeNow();

function pauseUpload(writer: ResponseWriter): void {
  writer.pauseIfFull();
}

/** Copies the head alone: an answer may take hours, and keeping the message would keep its whole batch. */
function headAlone({ status, reason, headers, contentLength, bodyless }: ResponseHead): ResponseHead {
  return { status, reason, headers, contentLength, bodyless };
}

/**
 * Writes a device's answer to a uWebSockets.js response with its backpressure: bytes that the socket has not taken are not
 * reported as consumed, so the device's window closes. Also counts the upload against its credit.
 */
export class ResponseWriter implements ResponseSink, FullSocket {
  /** Milliseconds of `performance.now`. */
  readonly startedAt = performance.now();
  status = 0;
  slot = -1;
  /** Bytes of the answer's body written so far. */
  written = 0;
  readonly #res: HttpResponse;
  readonly #policy: ResponsePolicy;
  #call: ForwardCall | undefined;
  #head: ResponseHead | undefined;
  #headWritten = false;
  /** A head with a length was sent whole: before the body, or with a part of it. */
  #headFlushed = false;
  #ended = false;
  #failure: ForwardFailure | undefined;
  /** Body bytes not yet taken by the socket; the device's window bounds them. */
  #queue: Uint8Array[] = [];
  /** Bytes handed to a chunked response while its socket is full. */
  #unflushed = 0;
  #blocked = false;
  /** How many tries in a row the full socket took nothing. */
  #idleTries = 0;
  /** The `onWritable` handler is set; most answers never need it. */
  #watching = false;
  #uploading: boolean;
  #outstanding = 0;
  /** The upload has used up its credit. */
  #full = false;
  /** Upload bytes that came far beyond the credit; the upload goes on with them. */
  #backlog: BodyBacklog | undefined;
  /** The socket is not read, so that the upload stops. */
  #paused = false;
  #over = false;

  constructor(res: HttpResponse, policy: ResponsePolicy, hasBody: boolean) {
    this.#res = res;
    this.#policy = policy;
    this.#uploading = hasBody;
    policy.began();
  }

  /** Some of the request's body has not come yet. */
  get uploading(): boolean {
    return this.#uploading;
  }

  /**
   * Ties the writer to its call and, if there is a body, starts the upload.
   * @param held the body, where it has been held back since the request's handler returned
   */
  attach(call: ForwardCall, held?: HeldBody): void {
    if (this.#over) return held?.abandon();
    this.#call = call;
    if (!this.#uploading) return;
    if (held === undefined) {
      this.#res.onData((chunk, last) => this.#upload(chunk, last));
      return;
    }
    held.release((chunk, last) => this.#upload(chunk, last));
    if (!this.#over) held.resume();
  }

  /** Ends the call because the caller went away. The owner of this writer calls this when uWebSockets.js says so. */
  aborted(): void {
    if (this.#over) return;
    // This comes first: nothing that the call reports while it ends may be written.
    this.#finish('aborted');
    this.#call?.abort();
  }

  /** Cuts the connection and resets the stream: the caller has lost its access to the answer. */
  abort(): void {
    if (this.#over) return;
    this.aborted();
    this.#res.close();
  }

  // ---- ResponseSink

  head(head: ResponseHead, body: Uint8Array, complete: boolean): void {
    if (this.#over) return;
    this.#head = complete ? head : headAlone(head);
    this.status = head.status;
    if (body.length > 0) this.#queue.push(body);
    this.#ended = complete;
    this.#write();
    this.#keepLast();
  }

  data(chunk: Uint8Array): void {
    // An empty chunk ends the answer: see HEAD_GOES_ALONE.
    if (this.#over || chunk.length === 0) return;
    this.#queue.push(chunk);
    if (!this.#blocked) this.#write();
    this.#keepLast();
  }

  end(): void {
    if (this.#over) return;
    this.#ended = true;
    if (!this.#blocked) this.#write();
  }

  fail(failure: ForwardFailure): void {
    if (this.#over) return;
    this.#failure = failure;
    // A head that was sent cannot be taken back: the connection is cut, so that a part does not pass for the whole.
    if (this.#headWritten) {
      this.#finish(failure);
      this.#res.close();
    } else this.#write();
  }

  credit(bytes: number): void {
    this.#outstanding = Math.max(0, this.#outstanding - bytes);
    if (!this.#full || this.#over || this.#outstanding > UPLOAD_CREDIT / 2) return;
    if (this.#backlog !== undefined && !this.#sendBacklog(this.#backlog)) return;
    this.#full = false;
    if (this.#paused) this.#res.resume();
    this.#paused = false;
  }

  // ---- FullSocket

  retry(): void {
    removeFullSocket(this);
    if (this.#idleTries >= MAX_IDLE_TRIES) return;
    this.#idleTries += 1;
    this.#blocked = false;
    this.#write();
  }

  // ----

  /** Writes whatever is due. Runs inside a cork. */
  writeNow(): void {
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#finish(failure);
      return this.#policy.problem(this.#res, failure, this.#uploading);
    }
    if (!this.#headWritten && this.#head !== undefined) this.#writeHead(this.#head);
    this.#writeBody(this.#head);
  }

  /** Copies the newest bytes if the socket has not taken them: they are only lent. */
  #keepLast(): void {
    const last = this.#queue.pop();
    if (last !== undefined) this.#queue.push(Buffer.from(last));
  }

  #write(): void {
    corked = this;
    this.#res.cork(writeCorked);
  }

  #writeHead(head: ResponseHead): void {
    const res = this.#res;
    this.#headWritten = true;
    // uWS writes 200 OK by itself. A reason is written as bytes, as headers are.
    if (head.status !== 200 || head.reason !== 'OK') {
      res.writeStatus(Buffer.from(`${head.status} ${head.reason}`, 'latin1'));
    }
    writeAnswerHeaders(res, this.#policy.ownHeaders(), head, this.#policy.dropped);
    if (this.#uploading && !head.bodyless && head.contentLength === undefined) {
      res.writeHeader('Connection', 'close');
    }
  }

  #writeBody(head: ResponseHead | undefined): void {
    if (head === undefined) return;
    if (head.bodyless) return this.#endBodyless(head);
    if (head.contentLength !== undefined) return this.#writeSized(head.contentLength);
    this.#writeChunked();
  }

  #endBodyless(head: ResponseHead): void {
    if (!this.#ended) return;
    this.#finish(undefined);
    this.#policy.endBodyless(this.#res, head, this.#uploading);
  }

  /** Writes a body of known length: the socket takes as much as it can, and the rest stays queued here. */
  #writeSized(length: number): void {
    const first = this.#queue[0];
    if (!this.#headFlushed && this.#ended && this.#queue.length <= 1) {
      if ((first?.length ?? 0) === length && this.#mayLeaveToSocket(length))
        return this.#writeWhole(first, length);
    }
    if (first === undefined) return this.#flushHead(length);
    this.#headFlushed = true;
    let chunk: Uint8Array | undefined = first;
    while (chunk !== undefined) {
      const [took, done] = this.#res.tryEnd(chunk, length);
      const bytes = (done ? length : this.#res.getWriteOffset()) - this.written;
      this.written += bytes;
      this.#call?.consumed(bytes);
      if (done) return this.#finish(undefined);
      if (bytes > 0) this.#idleTries = 0;
      if (!took && bytes < chunk.length) {
        this.#queue[0] = chunk.subarray(bytes);
        return this.#block();
      }
      this.#queue.shift();
      chunk = this.#queue[0];
    }
  }

  #flushHead(length: number): void {
    if (!HEAD_GOES_ALONE || this.#headFlushed || length === 0) return;
    this.#headFlushed = true;
    this.#res.tryEnd('', length);
  }

  /**
   * Whether uWS may keep the part of a whole answer that a full socket does not take. Nobody counts these bytes, so they
   * have to fit into the cork buffer of uWS.
   */
  #mayLeaveToSocket(length: number): boolean {
    return !this.#blocked && (length <= CORK_BYTES || this.#uploading);
  }

  #writeWhole(body: Uint8Array | undefined, length: number): void {
    this.written = length;
    this.#call?.consumed(length);
    this.#finish(undefined);
    this.#res.end(body ?? '', this.#uploading);
  }

  /** Writes a body of unknown length: the chunk that does not fit waits in uWS, the rest here. */
  #writeChunked(): void {
    while (!this.#blocked) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.written += chunk.length;
      this.#unflushed += chunk.length;
      if (this.#res.write(chunk)) this.#idleTries = 0;
      else this.#block();
    }
    if (this.#blocked) return;
    this.#flushed();
    if (!this.#ended) return;
    this.#finish(undefined);
    // The head has told a caller that is still uploading to close the connection: `end(…, true)` of uWebSockets.js would write
    // that header among the chunks.
    if (this.#paused) this.#res.resume();
    this.#res.end();
  }

  #flushed(): void {
    if (this.#unflushed === 0) return;
    this.#call?.consumed(this.#unflushed);
    this.#unflushed = 0;
  }

  /** Waits because the socket is full, until it has drained or takes some bytes at a try. */
  #block(): void {
    this.#blocked = true;
    addFullSocket(this);
    if (this.#watching) return;
    this.#watching = true;
    this.#res.onWritable(() => this.#writable());
  }

  #writable(): boolean {
    if (this.#over) return true;
    this.#blocked = false;
    removeFullSocket(this);
    this.#idleTries = 0;
    this.#flushed();
    this.writeNow();
    return !this.#blocked;
  }

  #upload(chunk: ArrayBuffer | Uint8Array, last: boolean): void {
    if (last) this.#uploading = false;
    if (this.#over) return;
    if (this.#outstanding > MOST_OUTSTANDING || this.#backlog !== undefined) return this.#keep(chunk);
    this.#outstanding += chunk.byteLength;
    this.#call?.body(chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk), last);
    if (last || this.#full || this.#outstanding < UPLOAD_CREDIT) return;
    this.#full = true;
    setImmediate(pauseUpload, this);
  }

  #keep(chunk: ArrayBuffer | Uint8Array): void {
    this.#backlog ??= new BodyBacklog();
    if (!this.#backlog.push(chunk)) this.abort();
  }

  /** Passes the backlog on. @returns false: the credit is used up, or the call is over */
  #sendBacklog(backlog: BodyBacklog): boolean {
    while (this.#outstanding < UPLOAD_CREDIT) {
      const chunk = backlog.shift();
      if (chunk === undefined || this.#over) break;
      if (backlog.isEmpty) this.#backlog = undefined;
      this.#outstanding += chunk.length;
      this.#call?.body(chunk, backlog.isEmpty && !this.#uploading);
    }
    return !this.#over && this.#outstanding < UPLOAD_CREDIT;
  }

  /**
   * Runs after the read that used up the credit. The socket is not paused at once: the same read may hold the end of the
   * body, and uWebSockets.js never again reads a socket that is paused then, or closes it 10 s after it is resumed.
   */
  pauseIfFull(): void {
    if (this.#over || !this.#full || !this.#uploading || this.#paused) return;
    this.#paused = true;
    this.#res.pause();
  }

  #finish(failure: ForwardFailure | 'aborted' | undefined): void {
    this.#over = true;
    this.#queue = [];
    removeFullSocket(this);
    this.#policy.finished(this, failure);
  }
}
