// `Llhttp` drives the WebAssembly build of llhttp that comes with undici, one instance a thread.
import { createRequire } from 'node:module';

/*
 * llhttp pauses at every event, so that no code of a caller ever runs with llhttp on the stack: a handler may throw, free
 * its parser or run another one, and nothing has to be saved or restored.
 */

/** Bytes copied into wasm memory at a time; longer chunks are looped over. */
const INPUT_BYTES = 64 * 1024;

/** Parsers that are kept for reuse (about 100 bytes of wasm memory each); further ones are freed. */
const MAX_IDLE_PARSERS = 256;

// Values of llhttp.h: llhttp_type_t and llhttp_errno_t.
const TYPE_RESPONSE = 2;
const OK = 0;
const PAUSED = 21;
const USER = 24;

/** Why a run stopped. `more`: all given bytes are parsed; `headers`: there are more headers than allowed. */
export type Stop = 'more' | 'head' | 'body' | 'complete' | 'headers' | 'malformed';

/** A piece of a status line or header, as an offset into `Run.text`. */
export type SpanKind = 'reason' | 'name' | 'value';

/** The address of an llhttp parser in wasm memory; 0: none. */
export type ParserAddress = number & { readonly __brand: 'ParserAddress' };

/** The address that stands for no parser. */
export const NO_PARSER = 0 as ParserAddress;

/** The findings of one run of the parser. There is one object a thread, which the next run overwrites. */
export interface Run {
  stop: Stop;
  /** Offset in the chunk after the last byte parsed. */
  end: number;
  /** Status code, once `stop` is `head`. */
  status: number;
  /** Offsets in the chunk of the body bytes, when `stop` is `body`. */
  bodyStart: number;
  bodyEnd: number;
  /** Pieces seen, in order; only the first `spanCount` are of this run. `at` is a wasm address. */
  readonly spans: { kind: SpanKind; at: number; length: number }[];
  spanCount: number;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(bytes: number): number;
  llhttp_alloc(type: number): ParserAddress;
  llhttp_reset(parser: ParserAddress): void;
  llhttp_free(parser: ParserAddress): void;
  llhttp_execute(parser: ParserAddress, at: number, length: number): number;
  llhttp_resume(parser: ParserAddress): void;
  llhttp_get_error_pos(parser: ParserAddress): number;
  llhttp_get_error_reason(parser: ParserAddress): number;
  llhttp_get_http_major(parser: ParserAddress): number;
  llhttp_get_http_minor(parser: ParserAddress): number;
}

// Node has this global, but neither @types/node nor lib ES2023 declares it.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

function loadWasm(): Uint8Array {
  const require = createRequire(import.meta.url);
  const simd: Uint8Array = require('undici/lib/llhttp/llhttp_simd-wasm.js');
  return WebAssembly.validate(simd) ? simd : require('undici/lib/llhttp/llhttp-wasm.js');
}

/** One wasm instance with its input buffer and its idle parsers. */
export class Llhttp {
  readonly run: Run = { stop: 'more', end: 0, status: 0, bodyStart: 0, bodyEnd: 0, spans: [], spanCount: 0 };
  readonly #wasm: Exports;
  readonly #input: number;
  readonly #idle: ParserAddress[] = [];
  #memory: Buffer;
  /** The chunk whose bytes [#from, #to) are in the input buffer. */
  #chunk: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  #namesLeft = 0;

  constructor(bytes: Uint8Array = loadWasm()) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: this.#callbacks() });
    this.#wasm = instance.exports as Exports;
    this.#wasm._initialize();
    this.#input = this.#wasm.malloc(INPUT_BYTES);
    this.#memory = Buffer.from(this.#wasm.memory.buffer);
  }

  /** The size of the wasm memory, in bytes. Tests read it, to see that parsers give their memory back. */
  get memoryBytes(): number {
    return this.#wasm.memory.buffer.byteLength;
  }

  /** A parser at the start of a response; give it back with `release`. */
  acquire(): ParserAddress {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#wasm.llhttp_reset(idle);
      return idle;
    }
    const parser = this.#wasm.llhttp_alloc(TYPE_RESPONSE);
    // A grown memory is a new ArrayBuffer; the old one is detached.
    if (this.#memory.buffer !== this.#wasm.memory.buffer) {
      this.#memory = Buffer.from(this.#wasm.memory.buffer);
    }
    return parser;
  }

  release(parser: ParserAddress): void {
    if (this.#idle.length < MAX_IDLE_PARSERS) {
      this.#idle.push(parser);
    } else {
      this.#wasm.llhttp_free(parser);
    }
  }

  /** Forgets the copied chunk: the same memory may hold other bytes the next time it is given. */
  forgetInput(): void {
    this.#chunk = undefined;
  }

  /**
   * Parses `chunk` from `from`, at most to `limit` and at most one input buffer, up to the next event.
   * @param maxNames header names allowed before it stops with `headers`
   * @returns `this.run`
   */
  parse(parser: ParserAddress, chunk: Uint8Array, from: number, limit: number, maxNames: number): Run {
    if (this.#chunk !== chunk || from < this.#from || from >= this.#to) {
      this.#copyIn(chunk, from, Math.min(limit, from + INPUT_BYTES));
    }
    const { run } = this;
    const end = Math.min(limit, this.#to);
    run.stop = 'more';
    run.spanCount = 0;
    this.#namesLeft = maxNames;
    const code = this.#wasm.llhttp_execute(parser, this.#addressOf(from), end - from);
    if (code === OK) {
      run.end = end;
      return run;
    }
    run.end = this.#offsetOf(this.#wasm.llhttp_get_error_pos(parser));
    if (code === PAUSED) {
      this.#wasm.llhttp_resume(parser);
    } else if (code !== USER) {
      run.stop = 'malformed';
    }
    return run;
  }

  /** The bytes of the input buffer between two wasm addresses, one character a byte. */
  text(from: number, to: number): string {
    return this.#memory.toString('latin1', from, to);
  }

  /** HTTP version as major * 10 + minor. */
  version(parser: ParserAddress): number {
    return this.#wasm.llhttp_get_http_major(parser) * 10 + this.#wasm.llhttp_get_http_minor(parser);
  }

  /** llhttp's own words for the last error: fixed text, never bytes of the peer. */
  reason(parser: ParserAddress): string {
    const at = this.#wasm.llhttp_get_error_reason(parser);
    return at === 0 ? 'malformed' : this.text(at, this.#memory.indexOf(0, at));
  }

  #copyIn(chunk: Uint8Array, from: number, to: number): void {
    this.#memory.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#input);
    this.#chunk = chunk;
    this.#from = from;
    this.#to = to;
  }

  #addressOf(offset: number): number {
    return this.#input + offset - this.#from;
  }

  #offsetOf(address: number): number {
    return address - this.#input + this.#from;
  }

  #span(kind: SpanKind, at: number, length: number): number {
    const { run } = this;
    const span = run.spans[run.spanCount];
    if (span === undefined) {
      run.spans.push({ kind, at, length });
    } else {
      span.kind = kind;
      span.at = at;
      span.length = length;
    }
    run.spanCount++;
    return OK;
  }

  #pause(stop: Stop): number {
    this.run.stop = stop;
    return PAUSED;
  }

  #callbacks(): Record<string, (parser: number, a: number, b: number) => number> {
    return {
      wasm_on_message_begin: () => OK,
      wasm_on_url: () => OK,
      wasm_on_status: (_parser, at, length) => this.#span('reason', at, length),
      wasm_on_header_field: (_parser, at, length) => {
        if (this.#namesLeft === 0) {
          this.run.stop = 'headers';
          return USER;
        }
        this.#namesLeft--;
        return this.#span('name', at, length);
      },
      wasm_on_header_value: (_parser, at, length) => this.#span('value', at, length),
      wasm_on_headers_complete: (_parser, status) => {
        this.run.status = status;
        return this.#pause('head');
      },
      wasm_on_body: (_parser, at, length) => {
        this.run.bodyStart = this.#offsetOf(at);
        this.run.bodyEnd = this.run.bodyStart + length;
        return this.#pause('body');
      },
      wasm_on_message_complete: () => this.#pause('complete'),
    };
  }
}

let shared: Llhttp | undefined;

/** This thread's instance; made at first use (compiling takes about a millisecond). */
export function llhttp(): Llhttp {
  shared ??= new Llhttp();
  return shared;
}
