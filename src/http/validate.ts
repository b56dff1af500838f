// This file parses the bodies and queries of JSON routes by their schemas, and reports each mismatch.
import type { z } from 'zod';
import type { FieldError } from '../problems/problem.js';
import { ProblemError } from '../problems/problem-error.js';
import { truncate } from '../text/characters.js';

/** The most errors that an answer lists. There may be as many as the request has members. */
const MAX_ERRORS = 20;
/** The most characters of a path or message in an answer. A path may be as long as the request. */
const MAX_MESSAGE = 200;

/** A JSON document is UTF-8 (RFC 8259 §8.1); a byte order mark is no part of it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `application/json`, with or without the only charset that it can have. */
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;

/** Whether a body of this type and coding is JSON. */
export function isJson(contentType: string, contentEncoding: string): boolean {
  return JSON_TYPE.test(contentType) && (contentEncoding === '' || contentEncoding === 'identity');
}

/** Parses a JSON body. @throws ProblemError `bad-request`, `validation` */
export function parseBody(schema: z.ZodType, bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new ProblemError('bad-request', { detail: 'the body is not JSON in UTF-8' });
  }
  // zod would silently drop this member of a record.
  if (hasProto(value)) throw invalid([{ path: '', message: 'a member is named __proto__' }]);
  return parsed(schema, value, pointer);
}

/** Whether a member at any depth is named `__proto__`. This is a loop, as a document may be nested deeper than the stack. */
function hasProto(document: unknown): boolean {
  const left = [document];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return true;
    for (const inner of Object.values(value)) left.push(inner);
  }
  return false;
}

/** Parses a query string. @throws ProblemError `validation` */
export function parseQuery(schema: z.ZodObject, query: string): unknown {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (values.has(name)) throw invalid([{ path: name, message: 'it is given more than once' }]);
    values.set(name, value);
  }
  return parsed(schema, Object.fromEntries(values), (path) => path.join('.'));
}

/** Makes the problem that lists these errors. */
export function invalid(errors: readonly FieldError[]): ProblemError {
  return new ProblemError('validation', {
    errors: errors.slice(0, MAX_ERRORS).map(({ path, message }) => ({
      path: truncate(path, MAX_MESSAGE),
      message: truncate(message, MAX_MESSAGE),
    })),
  });
}

function parsed(schema: z.ZodType, value: unknown, path: (path: readonly PropertyKey[]) => string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => fieldErrors(issue, path)));
}

/** The errors of an issue: each unknown member is an error of its own, at its own path. */
function fieldErrors(issue: z.core.$ZodIssue, path: (path: readonly PropertyKey[]) => string): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: path(issue.path), message: issue.message }];
  return issue.keys
    .slice(0, MAX_ERRORS)
    .map((key) => ({ path: path([...issue.path, key]), message: 'it is not known here' }));
}

/** A path as a JSON pointer (RFC 6901). */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
