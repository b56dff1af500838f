/** What a handler answers when there is more to say than its value. */
export class Reply<Value = undefined> {
  readonly value: Value;
  /** Fields beside those of every answer, such as `Set-Cookie`; a list is one field for each of its values. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(value: Value, headers: Reply['headers']) {
    this.value = value;
    this.headers = headers;
  }
}
