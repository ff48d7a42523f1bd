import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { createSecureContext } from 'node:tls';

export interface ApiResponse {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: unknown;
}

export interface Endpoint {
  /** Such as `https://127.0.0.1:6443`. */
  readonly url: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Who is asking: a token or a client certificate. */
  readonly credentials: { readonly token: string } | { readonly cert: string; readonly key: string };
}

/** Plain requests to an API server: the tests look at it through nothing of the project's own. */
export class ApiClient {
  readonly #endpoint: Endpoint;
  readonly #user: string | undefined;
  readonly #agent: Agent;

  constructor(endpoint: Endpoint, user?: string, agent?: Agent) {
    this.#endpoint = endpoint;
    this.#user = user;
    const { certificateAuthority: ca, credentials } = endpoint;
    const trust = { ca, ...('cert' in credentials ? credentials : {}) };
    this.#agent = agent ?? new Agent({ keepAlive: true, secureContext: createSecureContext(trust) });
  }

  /** The same server as somebody else, by impersonation; `system:serviceaccount:<namespace>:<name>` for a pod. */
  as(user: string): ApiClient {
    return new ApiClient(this.#endpoint, user, this.#agent);
  }

  get(path: string): Promise<ApiResponse> {
    return this.#send('GET', path);
  }

  create(path: string, body: unknown): Promise<ApiResponse> {
    return this.#send('POST', path, body, 'application/json');
  }

  replace(path: string, body: unknown): Promise<ApiResponse> {
    return this.#send('PUT', path, body, 'application/json');
  }

  /** JSON merge patch. */
  merge(path: string, body: unknown): Promise<ApiResponse> {
    return this.#send('PATCH', path, body, 'application/merge-patch+json');
  }

  /** Server-side apply. */
  apply(path: string, body: unknown, fieldManager = 'test'): Promise<ApiResponse> {
    const type = 'application/apply-patch+yaml';
    return this.#send('PATCH', `${path}?fieldManager=${fieldManager}&force=true`, body, type);
  }

  delete(path: string): Promise<ApiResponse> {
    return this.#send('DELETE', path);
  }

  /**
   * Every change below `path`, as it comes, until `signal`; starts with what is there already.
   * Resolves once the server has accepted the watch; `ended` resolves when it ends, for whatever reason.
   */
  watch(
    path: string,
    onChange: (change: Change) => void,
    signal: AbortSignal,
  ): Promise<{ readonly ended: Promise<void> }> {
    const url = `${this.#endpoint.url}${path}${path.includes('?') ? '&' : '?'}watch=true`;
    return new Promise((resolve, reject) => {
      const sent = request(url, { headers: this.#headers(), agent: this.#agent, signal }, (answer) => {
        if (answer.statusCode !== 200) {
          answer.resume();
          reject(new Error(`no watch of ${path}: ${answer.statusCode}`));
          return;
        }
        const lines = createInterface({ input: answer });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        lines.on('line', (line) => onChange(JSON.parse(line) as Change));
        // A connection that breaks is an error to both, and then closed.
        lines.on('error', () => undefined);
        answer.on('error', () => undefined);
        resolve({ ended: new Promise((end) => answer.once('close', end)) });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #headers(contentType?: string): Record<string, string> {
    const { credentials } = this.#endpoint;
    return {
      ...('token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {}),
      accept: 'application/json',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(this.#user === undefined ? {} : { 'impersonate-user': this.#user }),
    };
  }

  #send(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse> {
    const { url } = this.#endpoint;
    const headers = this.#headers(contentType);
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method, headers, agent: this.#agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString()) });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
