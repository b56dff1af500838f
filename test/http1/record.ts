// Recorder records the events of a response parser.
import type { RawHeaders, ResponseHandler } from '../../src/http1/contract.js';
import { createResponseParser, type ResponseParserOptions } from '../../src/http1/response-parser.js';

export type Event =
  | ['informational', number, RawHeaders]
  | [
      'head',
      number,
      string,
      RawHeaders,
      { contentLength: number | undefined; bodyless: boolean; upgrade: boolean },
    ]
  | ['body', string]
  | ['trailers', RawHeaders]
  | ['complete']
  | ['failed', string];

/** Writes down what a parser says; neighbouring body pieces are joined, as their borders mean nothing. */
export class Recorder implements ResponseHandler {
  readonly events: Event[] = [];

  informational(status: number, headers: RawHeaders): void {
    this.events.push(['informational', status, headers]);
  }
  head(
    status: number,
    reason: string,
    headers: RawHeaders,
    body: { contentLength: number | undefined; bodyless: boolean; upgrade: boolean },
  ): void {
    this.events.push(['head', status, reason, headers, body]);
  }
  body(chunk: Uint8Array): void {
    const text = Buffer.from(chunk).toString('latin1');
    const last = this.events.at(-1);
    if (last?.[0] === 'body') last[1] += text;
    else this.events.push(['body', text]);
  }
  trailers(headers: RawHeaders): void {
    this.events.push(['trailers', headers]);
  }
  complete(): void {
    this.events.push(['complete']);
  }
  failed(code: string): void {
    this.events.push(['failed', code]);
  }
}

export interface Outcome {
  readonly events: Event[];
  /** Bytes that belonged to the response. */
  readonly used: number;
}

/** Parses `text` (a character a byte) cut before each offset of `cuts`, then ends the stream unless told not to. */
export function parse(
  text: string,
  {
    cuts = [],
    finish = true,
    ...options
  }: Partial<ResponseParserOptions> & { cuts?: number[]; finish?: boolean } = {},
): Outcome {
  const bytes = Buffer.from(text, 'latin1');
  const recorder = new Recorder();
  const parser = createResponseParser(recorder, { method: 'GET', ...options });
  const borders = [
    0,
    ...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b),
    bytes.length,
  ];
  let used = 0;
  for (let i = 1; i < borders.length; i++) {
    const chunk = bytes.subarray(borders[i - 1], borders[i]);
    const taken = parser.execute(chunk);
    used += taken;
    if (taken < chunk.length) break;
  }
  if (finish) parser.finish();
  parser.free();
  return { events: recorder.events, used };
}
