// HttpBrowser is a browser without pages, for sign-ins in tests.
import { Agent, type Dispatcher, fetch, Headers, type RequestInit, type Response } from 'undici';

/** A browser without pages: it follows redirects, keeps the cookies of each host and path, and fills in forms. */
export class HttpBrowser {
  readonly #connections: Dispatcher;
  readonly #cookies: { host: string; path: string; name: string; value: string }[] = [];

  /** @param connections the connections that it uses; default: connections that close by themselves */
  constructor(connections: Dispatcher = new Agent({ keepAliveTimeout: 1 })) {
    this.#connections = connections;
  }

  /** Makes another browser with the same cookies. */
  copy(): HttpBrowser {
    const copy = new HttpBrowser(this.#connections);
    copy.#cookies.push(...this.#cookies);
    return copy;
  }

  /** The value of a cookie; undefined: the browser has none of that name. */
  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.value;
  }

  /** The `Cookie` header of a request to that URL; '' if the browser has no cookies for it. */
  cookieField(url: string | URL): string {
    const { hostname, pathname } = new URL(url);
    return (
      this.#cookies
        // Cookies are not kept apart by port, as in browsers.
        .filter(({ host, path }) => host === hostname && isBelow(pathname, path))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ')
    );
  }

  /** Makes one request, without following redirects. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const headers = new Headers(init.headers ?? {});
    const cookies = this.cookieField(target);
    if (cookies !== '') headers.set('cookie', cookies);
    const { headers: _, ...rest } = init;
    const response = await fetch(target, {
      ...rest,
      headers,
      redirect: 'manual',
      dispatcher: this.#connections,
    });
    for (const line of response.headers.getSetCookie()) this.#keep(target, line);
    return response;
  }

  /**
   * Goes to a page and on, through redirects and the forms of a sign-in, or of a device's code, until a page has no form.
   * @param login the name to sign in with
   */
  async visit(url: string | URL, login?: string): Promise<{ url: URL; response: Response; visited: URL[] }> {
    const visited: URL[] = [];
    let at = new URL(url);
    let response = await this.fetch(at);
    for (let steps = 0; steps < 20; steps++) {
      visited.push(at);
      const location = response.headers.get('location');
      if (location !== null) {
        await response.body?.cancel();
        at = new URL(location, at);
        response = await this.fetch(at);
        continue;
      }
      const html = response.headers.get('content-type')?.startsWith('text/html')
        ? await response.clone().text()
        : '';
      const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
      const fields = hiddenFields(html);
      const isOfSignIn = 'prompt' in fields || 'user_code' in fields;
      if (action === undefined || !isOfSignIn || login === undefined) return { url: at, response, visited };
      const body = new URLSearchParams({
        ...fields,
        ...(fields.prompt === 'login' && { login, password: 'x' }),
      });
      at = new URL(action, at);
      response = await this.fetch(at, { method: 'POST', body });
    }
    throw new Error(`it goes on for ever: ${visited.join(' → ')}`);
  }

  #keep({ hostname, pathname }: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const equals = pair.indexOf('=');
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const attribute = (key: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const path = attribute('path') ?? pathname.replace(/\/[^/]*$/, '/');
    const over =
      value === '' || attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '') < Date.now();
    const at = this.#cookies.findIndex(
      (each) => each.host === hostname && each.path === path && each.name === name,
    );
    if (at >= 0) this.#cookies.splice(at, 1);
    if (!over) this.#cookies.push({ host: hostname, path, name, value });
  }
}

/** Reads the hidden fields of a page's first form. */
function hiddenFields(html: string): Record<string, string> {
  const [form = ''] = /<form.*?<\/form>/s.exec(html) ?? [];
  const fields = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, value]));
}

/** Whether a path matches a cookie's path (RFC 6265 §5.1.4). */
function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
