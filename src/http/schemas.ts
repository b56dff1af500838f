// This file has the zod schemas that several resources use: times, ids, names, flags and pages of lists.
import { z } from 'zod';
import { MAX_NAME } from '../text/characters.js';

/** A time: milliseconds since 1970 in handlers, RFC 3339 in UTC on the wire. */
export const time = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (ms) => new Date(ms).toISOString(),
});

/** The form of ids. A path with any other text names nothing that exists, so the answer is 404 and not a validation error. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** An id, as one segment of a path. */
export function id<Id extends string>() {
  return z
    .string()
    .regex(ID)
    .transform((text) => text as Id);
}

/** A name that a person gives, such as a device's: 1 to 128 characters on one line, not blank. */
export const oneLine = z
  .string()
  .max(MAX_NAME)
  .regex(/^(?=.*[^\p{Z}\p{C}\s])[^\p{Cc}\p{Cs}]*$/u, 'it is blank, or holds control characters');

/** A query parameter that is `true` or `false`. */
export const booleanParameter = z.enum(['true', 'false']).transform((text) => text === 'true');

/** The query parameters of a list. The cursor is the next id in base64url, so that clients treat it as opaque. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .max(128)
    .transform((text, context) => {
      const at = Buffer.from(text, 'base64url').toString('latin1');
      if (ID.test(at) && cursorAt(at) === text) return at;
      context.addIssue('it is not a cursor of this list');
      return z.NEVER;
    })
    .optional(),
};

/** Makes the cursor of a list whose next page begins at `id`. */
export function cursorAt(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url');
}

/** Makes the schema of one page of a list. @param name the schema's name in the OpenAPI document */
export function pageSchema<Item extends z.ZodType>(name: string, item: Item) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().optional().describe('Absent at the end of the list'),
    })
    .meta({ id: name });
}
