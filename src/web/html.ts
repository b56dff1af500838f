// This file makes the HTML of our pages, and the policies under which they are shown.
/** Escapes a value for the text of a page, or for an attribute in quotes. */
export function escapeHtml(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The parts of a page. */
export interface HtmlPage {
  /** The title, as plain text. */
  readonly title: string;
  /** The folder of the page's files, such as `/web/VERSION`. */
  readonly assets: string;
  /** The body, as HTML. */
  readonly body: string;
  /** The name of the page's script in `assets`; undefined: the page has no script. */
  readonly script?: string;
}

/** Makes the HTML of a page. Its style, icon and script are files, so that its policy needs to allow nothing inside the page. */
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
