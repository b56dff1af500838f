/** Response fields; a list is one field for each of its values. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a handler answers when there is more to say than its value. */
export class Reply<Value = undefined> {
  readonly value: Value;
  /** Fields beside those of every answer, such as `Set-Cookie`. */
  readonly headers: ReplyHeaders;

  constructor(value: Value, headers: ReplyHeaders) {
    this.value = value;
    this.headers = headers;
  }
}

/** A page for a browser, instead of JSON. */
export class HtmlReply {
  readonly html: string;
  readonly status: number;
  /** Fields beside those of every answer; without `Content-Security-Policy` it can load and run nothing. */
  readonly headers: ReplyHeaders;

  constructor(html: string, headers: ReplyHeaders = {}, status = 200) {
    this.html = html;
    this.headers = headers;
    this.status = status;
  }
}
