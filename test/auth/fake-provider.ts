// FakeProvider is an OpenID provider whose answers a test decides.
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** A request as it came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: URLSearchParams;
}

/** What one endpoint answers; 'hang': nothing, 'cut': the connection ends after half of the body. */
export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'cut';

interface Code {
  readonly nonce: string;
  readonly challenge: string;
  readonly subject: string;
}

const keyPair = generateKeyPair('RS256');
const otherKeyPair = generateKeyPair('RS256');

/** A key that is not the provider's. */
export async function foreignKey(): Promise<CryptoKey> {
  return (await otherKeyPair).privateKey;
}

/** An OpenID provider of which a test decides every answer; what is not decided is answered as it should be. */
export class FakeProvider {
  readonly requests: Received[] = [];
  /** Endpoints that answer otherwise, by path. */
  readonly answers = new Map<string, (request: Received) => Answer | Promise<Answer>>();
  /** Changes the discovery document. */
  metadata: Record<string, unknown> = {};
  /** Changes the claims of ID tokens. */
  claims: JWTPayload = {};
  /** Endpoints that were moved: where each is, by the path that it had. The document tells; the old path is 404. */
  readonly moved = new Map<string, string>();
  /** How ID tokens are signed. */
  header: { alg: string; kid?: string; typ?: string } = { alg: 'RS256', kid: 'key-1' };
  signingKey: CryptoKey | Uint8Array | undefined;
  /** The refresh token of each family that is good. A used one that comes again ends its family, as real ones do. */
  readonly refreshTokens = new Map<string, string>();
  readonly revoked: string[] = [];
  offline = true;
  /** Seconds that access tokens last, as it says. */
  expiresIn: unknown = 300;
  #keyPair = keyPair;
  #kid = 'key-1';
  readonly #codes = new Map<string, Code>();
  readonly #used = new Map<string, string>();
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #port = 0;

  constructor() {
    this.#server = this.#create();
  }

  static async start(): Promise<FakeProvider> {
    const provider = new FakeProvider();
    await provider.listen();
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Requests to one endpoint. */
  to(path: string): Received[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Comes up, on the port that it had before, if it had one. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Goes down with all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = this.#create();
  }

  /** What the browser brings back when `subject` signs in at this authorization URL. */
  signIn(authorizationUrl: URL, subject: string): string {
    const asked = authorizationUrl.searchParams;
    const code = randomUUID();
    const text = (name: string): string => asked.get(name) ?? '';
    this.#codes.set(code, { nonce: text('nonce'), challenge: text('code_challenge'), subject });
    return new URLSearchParams({ code, state: text('state'), iss: this.issuer }).toString();
  }

  /** Takes another key, and publishes it instead of the one before. @param kid its id: the same as before, or another */
  changeKey(kid: string): void {
    this.#keyPair = generateKeyPair('RS256');
    this.#kid = kid;
    this.header = { ...this.header, kid };
  }

  /** A token signed as the provider signs. */
  async sign(claims: JWTPayload, header = this.header): Promise<string> {
    const key = this.signingKey ?? (await this.#keyPair).privateKey;
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: this.issuer, iat: now, exp: now + 300 };
    return new SignJWT({ ...standard, ...claims }).setProtectedHeader(header).sign(key);
  }

  #create(): Server {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const path = new URL(request.url ?? '/', this.issuer).pathname;
    const received = { path, headers: request.headers, body: new URLSearchParams(body) };
    this.requests.push(received);
    const standard = (each: Received) => this.standard({ ...each, path: this.#pathBefore(path) });
    const answer = await (this.answers.get(path) ?? standard)(received);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"access_token":', () => request.socket.destroy());
      return;
    }
    const { status = 200, headers = { 'content-type': 'application/json' } } = answer;
    response.writeHead(status, headers);
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  }

  /** What it answers as it should. */
  async standard({ path, body, headers }: Received): Promise<Answer> {
    switch (path) {
      case '/.well-known/openid-configuration':
        return { body: this.#document() };
      case '/jwks':
        return {
          body: {
            keys: [{ ...(await exportJWK((await this.#keyPair).publicKey)), kid: this.#kid, use: 'sig' }],
          },
        };
      case '/token':
        return body.get('grant_type') === 'refresh_token' ? this.#refresh(body) : this.#redeem(body);
      case '/userinfo':
        return {
          body: {
            sub: decodeURIComponent(headers.authorization?.replace('Bearer at-', '') ?? ''),
            name: 'Somebody',
          },
        };
      case '/revoke':
        this.revoked.push(body.get('token') ?? '');
        return {};
      default:
        return { status: 404, body: { error: 'not_found' } };
    }
  }

  /** What a path was before endpoints were moved; one that was left is nothing. */
  #pathBefore(path: string): string {
    const [before] = [...this.moved].find(([, now]) => now === path) ?? [];
    return before ?? (this.moved.has(path) ? 'nothing' : path);
  }

  #document(): Record<string, unknown> {
    const at = (path: string) => `${this.issuer}${this.moved.get(path) ?? path}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      jwks_uri: at('/jwks'),
      userinfo_endpoint: at('/userinfo'),
      revocation_endpoint: at('/revoke'),
      end_session_endpoint: at('/logout'),
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['RS256'],
      ...this.metadata,
    };
  }

  async #redeem(body: URLSearchParams): Promise<Answer> {
    const code = this.#codes.get(body.get('code') ?? '');
    this.#codes.delete(body.get('code') ?? '');
    const proof = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || code.challenge !== proof)
      return { status: 400, body: { error: 'invalid_grant' } };
    return { body: await this.#tokens(code.subject, body.get('client_id') ?? '', code.nonce) };
  }

  async #refresh(body: URLSearchParams): Promise<Answer> {
    const token = body.get('refresh_token') ?? '';
    const subject = this.refreshTokens.get(token);
    if (subject === undefined) {
      const family = this.#used.get(token);
      for (const [each, owner] of this.refreshTokens) if (owner === family) this.refreshTokens.delete(each);
      return { status: 400, body: { error: 'invalid_grant' } };
    }
    this.refreshTokens.delete(token);
    this.#used.set(token, subject);
    return { body: await this.#tokens(subject, body.get('client_id') ?? '') };
  }

  async #tokens(subject: string, audience: string, nonce?: string): Promise<Record<string, unknown>> {
    const refreshToken = `rt-${randomUUID()}`;
    if (this.offline) this.refreshTokens.set(refreshToken, subject);
    const claims = { sub: subject, aud: audience, ...(nonce !== undefined && { nonce }), ...this.claims };
    return {
      access_token: `at-${encodeURIComponent(subject)}`,
      token_type: 'Bearer',
      expires_in: this.expiresIn,
      id_token: await this.sign(claims),
      ...(this.offline && { refresh_token: refreshToken }),
    };
  }
}
