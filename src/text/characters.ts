// Characters are Unicode code points wherever a text has a longest length, as zod and JSON Schema (`maxLength`) count them.
// JavaScript's `length` counts UTF-16 units: an emoji is two of those.

/** The longest name, model or serial number, in characters. */
export const MAX_NAME = 128;

/** Whether `text` has more than `max` characters. */
export function isLonger(text: string, max: number): boolean {
  // A text never has more characters than units.
  return text.length > max && [...text].length > max;
}

/** The first `max` characters of `text`; no character is halved. */
export function truncate(text: string, max: number): string {
  return text.length > max ? [...text].slice(0, max).join('') : text;
}
