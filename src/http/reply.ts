// A handler may answer with a Reply or an HtmlReply instead of a plain value: a value with headers, or a page.
import type { ProblemCode } from '../problems/problem.js';

/** Response headers by name; a list gives one header line for each of its values. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A value with response headers of its own. */
export class Reply<Value = undefined> {
  readonly value: Value;
  /** Headers beside those of every answer, such as `Set-Cookie`. */
  readonly headers: ReplyHeaders;

  constructor(value: Value, headers: ReplyHeaders) {
    this.value = value;
    this.headers = headers;
  }
}

/** An HTML page for a browser, instead of JSON. */
export class HtmlReply {
  readonly html: string;
  readonly status: number;
  /** Headers beside those of every answer; without `Content-Security-Policy` the page can load and run nothing. */
  readonly headers: ReplyHeaders;

  constructor(html: string, headers: ReplyHeaders = {}, status = 200) {
    this.html = html;
    this.headers = headers;
    this.status = status;
  }
}

/** Makes the page that shows a problem to a person. The problem's own status is sent, not the page's. */
export type ProblemPage = (code: ProblemCode, detail: string | undefined, requestId: string) => HtmlReply;
