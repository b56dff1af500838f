// A list of the store is read in pages, each of which names where the next begins.
import type { DeviceId } from './ids.js';

/** Makes a page of a list. @param rows up to one more than `limit`: a row too many says that there is a next page */
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

/** Which page of a list: up to `limit` (1 to 1,000) items, after the last item of the page before. */
export interface PageRequest<Id = DeviceId> {
  readonly limit: number;
  readonly after?: Id;
}

/** A page of a list. */
export interface ListPage<Item, Id = DeviceId> {
  readonly items: readonly Item[];
  /** The `after` of the next page; absent at the end. */
  readonly next?: Id;
}
