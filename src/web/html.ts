// This file makes the HTML of a page of ours, and the policies under which pages are shown.
/** Escapes a value for the text of a page, or for an attribute in quotes. */
export function escapeHtml(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** What a page is made of. */
export interface HtmlPage {
  /** Plain text. */
  readonly title: string;
  /** The folder of its files, such as `/web/VERSION`. */
  readonly assets: string;
  /** HTML. */
  readonly body: string;
  /** Its script in `assets`; undefined: it has none. */
  readonly script?: string;
}

/** A page of ours. Its style, icon and script are files, so that its policy needs to allow nothing in itself. */
export function htmlPage({ title, assets, body, script }: HtmlPage): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${assets}/icon.svg"><link rel="stylesheet" href="${assets}/style.css">
${script === undefined ? '' : `<script type="module" src="${assets}/${script}"></script>\n`}</head>
<body>${body}</body></html>
`;
}

/** The Content-Security-Policy of a page without a script: it may load our style and images. */
export const STILL_POLICY = policy("style-src 'self'", "img-src 'self'");

/** The Content-Security-Policy of the page with the script: it may run and load our own files, and call our own API. */
export const APP_POLICY = policy(
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
);

function policy(...allowed: readonly string[]): string {
  const denied = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
  return [...denied, ...allowed].join('; ');
}
