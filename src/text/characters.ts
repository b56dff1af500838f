/**
 * Characters are Unicode code points wherever something has a longest length, as zod and JSON Schema (`maxLength`) count
 * them. JavaScript's `length` counts UTF-16 units: an emoji is two of those.
 */

/** The longest name of anything, also of a model, and the longest serial number. */
export const MAX_NAME = 128;

/** Whether it has more than `max` characters. */
export function isLonger(text: string, max: number): boolean {
  // Never more characters than units.
  return text.length > max && [...text].length > max;
}

/** Its first `max` characters: none of them is halved. */
export function cut(text: string, max: number): string {
  return text.length > max ? [...text].slice(0, max).join('') : text;
}
