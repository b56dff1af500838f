// FrontProxy is nginx or Caddy in front of the product, with the configurations of docs/proxy.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/root.js';
import { fixedPort } from '../../support/fixed-port.js';
import { until } from '../../support/until.js';

/** A self-signed certificate for `localhost`. */
export interface Certificate {
  readonly file: string;
  readonly keyFile: string;
  readonly pem: string;
}

/** Where a front proxy listens, the ports that it forwards to, and a folder of its own. */
export interface FrontProxyOptions {
  readonly folder: string;
  readonly port: number;
  readonly certificate: Certificate;
  readonly api: number;
  readonly tunnel: number;
}

/** A program that can be the front proxy, with its configuration from docs/proxy. */
export interface FrontProxyKind {
  readonly name: string;
  /** Why the program cannot run; false: it can. In CI it must be installed. */
  readonly missing: string | false;
  /** Writes the program's configuration: that of the document, with other names and addresses. @returns the command line */
  prepare(options: FrontProxyOptions): readonly [string, ...string[]];
}

function missing(program: string): string | false {
  return process.env.CI === undefined && !existsSync(program) && `${program} is not there: apt install it`;
}

/** The text of a file of docs/proxy with all replacements made. @throws if the file does not contain a text to replace */
function documented(file: string, replacements: readonly (readonly [string, string])[]): string {
  let text = readFileSync(join(root, 'docs/proxy', file), 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`docs/proxy/${file} has no "${from}" any more`);
    text = text.replace(from, to);
  }
  return text;
}

const NGINX = '/usr/sbin/nginx';
const CADDY = '/usr/bin/caddy';

/** nginx as the front proxy. */
export const nginx: FrontProxyKind = {
  name: 'nginx',
  missing: missing(NGINX),
  prepare({ folder, port, certificate, api, tunnel }) {
    const site = documented('nginx.conf', [
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
      ['server_name visiona.example', 'server_name localhost'],
      ['/etc/ssl/visiona.example.pem', certificate.file],
      ['/etc/ssl/visiona.example.key', certificate.keyFile],
      ['127.0.0.1:3721', `127.0.0.1:${api}`],
      ['127.0.0.1:3800', `127.0.0.1:${tunnel}`],
    ]);
    writeFileSync(join(folder, 'site.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
      mkdirSync(join(folder, name));
      return `${name}_temp_path ${join(folder, name)};`;
    });
    writeFileSync(
      join(folder, 'nginx.conf'),
      // nginx runs as one process, as the user of the test.
      `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr;
       events {} http { access_log off; ${temporary.join(' ')} include ${join(folder, 'site.conf')}; }`,
    );
    return [NGINX, '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
  },
};

/** Caddy as the front proxy. */
export const caddy: FrontProxyKind = {
  name: 'Caddy',
  missing: missing(CADDY),
  prepare({ folder, port, certificate, api, tunnel }) {
    const site = documented('Caddyfile', [
      ['visiona.example {', `https://localhost:${port} {\n\ttls ${certificate.file} ${certificate.keyFile}`],
      ['127.0.0.1:3721', `127.0.0.1:${api}`],
      ['127.0.0.1:3800', `127.0.0.1:${tunnel}`],
    ]);
    const global = `{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system ${folder}\n\tdefault_bind 127.0.0.1\n}\n`;
    writeFileSync(join(folder, 'Caddyfile'), global + site);
    return [CADDY, 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
  },
};

/** Makes a certificate in `folder`. */
export function selfSigned(folder: string): Certificate {
  const [file, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...name, ...key, '-out', file], { stdio: 'pipe' });
  return { file, keyFile, pem: readFileSync(file, 'utf8') };
}

/** A front proxy in a process of its own, on https://localhost:PORT. */
export class FrontProxy {
  readonly url: string;
  readonly certificate: Certificate;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.certificate = selfSigned(folder);
    this.url = `https://localhost:${port}`;
  }

  /** Takes a port, so that the product can be told the proxy's address before the proxy starts. */
  static async reserve(): Promise<FrontProxy> {
    return new FrontProxy(mkdtempSync(join(tmpdir(), 'visiona-front-')), await fixedPort());
  }

  /** Starts the program. Resolves when it accepts connections. */
  async start(kind: FrontProxyKind, ports: { api: number; tunnel: number }): Promise<void> {
    const [program, ...args] = kind.prepare({
      folder: this.#folder,
      port: this.#port,
      certificate: this.certificate,
      ...ports,
    });
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, HOME: this.#folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${kind.name} ended:\n${this.#output}`);
      return accepts(this.#port);
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
