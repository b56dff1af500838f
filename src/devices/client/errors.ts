// These are the errors with which the product's own calls to devices fail.
import { z } from 'zod';
import type { ForwardFailureCode } from '../../contract/call.js';
import { ProblemError, type ProblemOptions } from '../../problems/problem-error.js';

/**
 * A call to a device failed. It is a ProblemError, so that a route that lets it pass answers with the problem with which a
 * forwarded call would have been answered (docs/errors.md); the problem also says whether the call may be repeated.
 */
export class DeviceCallError extends ProblemError {
  declare readonly problem: ForwardFailureCode;

  constructor(problem: ForwardFailureCode, options: ProblemOptions = {}) {
    super(problem, options);
  }
}

/** A device's problem document (RFC 9457 §3.1). Its texts are the device's: they go into no log and no answer of ours. */
const deviceProblem = z.looseObject({
  type: z.string().optional(),
  title: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
});

/** The members of a device's problem document that the product reads. */
export type DeviceProblem = z.output<typeof deviceProblem>;

/**
 * The device answered with another status than was asked for: not 2xx to a JSON call, not 101 to a WebSocket. A caller that
 * knows the edge API matches on `status` and `document`; a route that lets the error pass answers `bad-device-response`.
 */
export class DeviceStatusError extends DeviceCallError {
  readonly status: number;
  /** Undefined: the answer has no problem document. */
  readonly document: DeviceProblem | undefined;

  constructor(status: number, body: Uint8Array) {
    super('bad-device-response', { detail: `the device answered with status ${status}` });
    this.status = status;
    this.document = readProblem(body);
  }
}

function readProblem(body: Uint8Array): DeviceProblem | undefined {
  const read = deviceProblem.safeParse(readJson(body));
  return read.success ? read.data : undefined;
}

/** A JSON document is UTF-8 (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The value of a JSON document; undefined, a value that no document has: the bytes are no JSON in UTF-8. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // The decoder throws a TypeError and the parser a SyntaxError, both with the device's bytes in their text.
    return undefined;
  }
}
