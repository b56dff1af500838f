import { z } from 'zod';
import { MAX_NAME } from '../text/characters.js';

/** Milliseconds since 1970 inside, RFC 3339 in UTC on the wire. */
export const time = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (ms) => new Date(ms).toISOString(),
});

/** What an id may look like. Anything else is of nothing: not an error of its own. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** An id, as one segment of a path. */
export function id<Id extends string>() {
  return z
    .string()
    .regex(ID)
    .transform((text) => text as Id);
}

/** Text as people give it, such as the name of a device: 1 to 128 characters on one line, not blank. */
export const oneLine = z
  .string()
  .max(MAX_NAME)
  .regex(/^(?=.*[^\p{Z}\p{C}\s])[^\p{Cc}\p{Cs}]*$/u, 'it is blank, or holds control characters');

/** `true` or `false` in a query. */
export const booleanParameter = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Which part of a list: the cursor is the id where it goes on, in a form that nobody takes for one. */
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

/** The cursor of a list that goes on at `id`. */
export function cursorAt(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url');
}

/** One part of a list. `name`: of its schema. */
export function pageSchema<Item extends z.ZodType>(name: string, item: Item) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().optional().describe('Absent at the end of the list'),
    })
    .meta({ id: name });
}
