// A list of the store is read in parts, each of which names the next.
import type { DeviceId } from './ids.js';

/** Makes a part of a list of rows. @param rows up to one more than `limit`: a row too many says that there is a next part */
export function listPage<Id, Row extends { readonly id: Id }, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
): ListPage<Item, Id> {
  const shown = rows.slice(0, limit);
  const items = shown.map(item);
  const last = shown.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
}

/** Which part of a list: up to `limit` (1 to 1,000) items, after the item that ended the part before. */
export interface PageRequest<Id = DeviceId> {
  readonly limit: number;
  readonly after?: Id;
}

/** A part of a list. */
export interface ListPage<Item, Id = DeviceId> {
  readonly items: readonly Item[];
  /** The `after` of the next part; absent at the end. */
  readonly next?: Id;
}
