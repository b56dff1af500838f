// ApiProcess is `visiona api-server` as a child process.
import { fixedPort } from '../../support/fixed-port.js';
import { Program } from './program.js';
import { ProxyProcess } from './proxy-process.js';

/** Starts a `visiona remote-proxy` that can be killed and started again on its ports. */
export async function startRestartableProxy(): Promise<ProxyProcess> {
  const [tunnel, internal] = [`127.0.0.1:${await fixedPort()}`, `127.0.0.1:${await fixedPort()}`];
  return ProxyProcess.start({
    hosts: 1,
    env: { VISIONA_TUNNEL_ADDR: tunnel, VISIONA_INTERNAL_ADDR: internal },
  });
}

/** The environment of an api-server that shares the data of `proxy`. */
export function apiEnvironment(proxy: ProxyProcess): Record<string, string> {
  return {
    VISIONA_DATA_DIR: proxy.dataDir,
    VISIONA_API_ADDR: '127.0.0.1:0',
    VISIONA_OPS_ADDR: '127.0.0.1:0',
    VISIONA_PROXY_URL: `http://127.0.0.1:${proxy.internalPort}`,
    INTERNAL_SECRET: proxy.secret,
    LOG_FORMAT: 'json',
  };
}

/** The answer of `/api/ready`: `ready`, or the code of the problem. */
export interface ReadyAnswer {
  readonly status: number;
  readonly is: string;
}

/** `visiona api-server` on a free port. */
export class ApiProcess {
  readonly program: Program;
  readonly url: URL;

  private constructor(program: Program, url: URL) {
    this.program = program;
    this.url = url;
  }

  /** Starts the process. Resolves when the process has printed its ready line. */
  static async start(env: Readonly<Record<string, string>>): Promise<ApiProcess> {
    const program = new Program(['api-server'], env);
    const { api } = await program.line('ready');
    return new ApiProcess(program, new URL(String(api)));
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.url), init);
  }

  /** Asks whether the process can serve calls to devices. */
  async ready(): Promise<ReadyAnswer> {
    const answer = await this.fetch('/api/ready?parts=device-calls');
    const { status, code } = (await answer.json()) as { status: unknown; code?: string };
    return { status: answer.status, is: code ?? String(status) };
  }

  /** Asks until the answer is this one: a readiness is cached for a second. */
  async until(is: string): Promise<ReadyAnswer> {
    let answer = await this.ready();
    while (answer.is !== is) answer = await this.ready();
    return answer;
  }
}
