import type { Page } from './ports.js';

/** @param rows up to one more than `limit`: that one says that there is a next part */
export function pageOf<Id, Row extends { readonly id: Id }, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
): Page<Item, Id> {
  const shown = rows.slice(0, limit);
  const items = shown.map(item);
  const last = shown.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
}
