const HOME = '/';

/** The longest that is kept, in characters: it is part of a `state`, of which some providers take 1,024. */
const MAX_LENGTH = 512;

/** Visible ASCII without the backslash, which browsers read as a slash: what a browser leaves as it is. */
const PLAIN = /^\/[\x21-\x5b\x5d-\x7e]*$/;

/** What a path may hold neither plain nor encoded: a dot segment, a control character, a slash in disguise. */
const TRICK = /\/\.{1,2}(?:\/|$)|%(?:[01][0-9a-f]|2[ef]|5c|7f)/i;

/** Where a URL begins that another page might follow. */
const URL_WITHIN = '//';

/** Ours, but no page. */
const NOT_A_PAGE = /^\/(?:api|ws)(?:\/|$)/i;

/** Any origin does: it only shows whether a browser would leave it. */
const ORIGIN = 'https://here.invalid';

/** Where to go after sign-in: `value` if a browser on our origin reads it as one of our pages, exactly as it is; else "/". */
export function localPath(value: string | undefined): string {
  if (value === undefined || value.length > MAX_LENGTH || !PLAIN.test(value)) return HOME;
  if (value.includes(URL_WITHIN)) return HOME;
  const path = value.split(/[?#]/, 1)[0] as string;
  if (TRICK.test(path) || NOT_A_PAGE.test(path) || !URL.canParse(value, ORIGIN)) return HOME;
  const { origin, pathname, search, hash } = new URL(value, ORIGIN);
  return origin === ORIGIN && pathname === path && pathname + search + hash === value ? value : HOME;
}
