import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AgentOptions, RequestOptions } from 'node:https';
import type { KubeConfig } from './kube-config.ts';
import { UnusableKubeConfigError } from './unusable-kube-config-error.ts';

/** How to reach the server at this moment. */
export interface Connection {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Calls share a bounded pool; a watch holds its connection for minutes and has a pool of its own. */
  readonly callAgent: HttpAgent;
  readonly watchAgent: HttpAgent;
}

/** More calls at once than this wait for a free connection: a job of 500 workers must not open 500. */
const MAX_CALL_CONNECTIONS = 32;
/** The server closes idle connections after 90 s: ours go first, so that no call meets one that is being closed. */
const IDLE_CONNECTION_MS = 30_000;
/** A peer that vanished without a word is noticed by the kernel 10 s after this. */
const TCP_KEEPALIVE_MS = 15_000;
/** Tokens, certificates and authorities are files that change: they are read again when older than this. */
const CREDENTIALS_MAX_AGE_MS = 30_000;

/**
 * The kept-alive connections to one API server. Where it is and how to prove who we are comes from the kubeconfig; new key
 * material gives new pools, and the connections of the old ones end when they fall idle.
 */
export class Connections {
  private readonly kubeConfig: KubeConfig;
  private readonly server: URL;
  private readonly monotonicMs: () => number;
  private loading: Promise<Connection> | undefined;
  private loadedAtMs = 0;
  private pools:
    { readonly material: string; readonly callAgent: HttpAgent; readonly watchAgent: HttpAgent } | undefined;

  constructor(kubeConfig: KubeConfig, monotonicMs: () => number) {
    this.kubeConfig = kubeConfig;
    this.server = serverOf(kubeConfig);
    this.monotonicMs = monotonicMs;
  }

  get host(): string {
    return this.server.host;
  }

  /** Rejects when the credentials can't be read. */
  async current(): Promise<Connection> {
    if (this.loading === undefined || this.monotonicMs() - this.loadedAtMs > CREDENTIALS_MAX_AGE_MS) {
      this.loadedAtMs = this.monotonicMs();
      this.loading = this.load();
    }
    try {
      return await this.loading;
    } catch (error) {
      this.forgetCredentials();
      throw error;
    }
  }

  /** The server did not know us: the next call reads the credentials again. */
  forgetCredentials(): void {
    this.loading = undefined;
  }

  close(): void {
    this.pools?.callAgent.destroy();
    this.pools?.watchAgent.destroy();
  }

  private async load(): Promise<Connection> {
    const options: RequestOptions = { headers: {} };
    await this.kubeConfig.applyToHTTPSOptions(options);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const tls = withoutUndefined({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername });
    const { callAgent, watchAgent } = this.poolsFor(tls);
    return { server: this.server, headers: headersOf(options), callAgent, watchAgent };
  }

  private poolsFor(tls: AgentOptions): { readonly callAgent: HttpAgent; readonly watchAgent: HttpAgent } {
    const material = createHash('sha256').update(JSON.stringify(tls)).digest('base64');
    if (this.pools?.material !== material) {
      const Agent = this.server.protocol === 'https:' ? OneServerAgent : HttpAgent;
      const base = {
        ...tls,
        keepAlive: true,
        keepAliveMsecs: TCP_KEEPALIVE_MS,
        timeout: IDLE_CONNECTION_MS,
        // In turn: the renewals of the lease alone keep some connections open for the next job.
        scheduling: 'fifo',
      } as const;
      this.pools = {
        material,
        callAgent: new Agent({ ...base, maxSockets: MAX_CALL_CONNECTIONS }),
        watchAgent: new Agent(base),
      };
    }
    return this.pools;
  }
}

/**
 * All its connections lead to one server with one set of credentials, so none needs the long name made of them. But an empty
 * name would have every connection begin without the TLS session of an earlier one.
 */
class OneServerAgent extends HttpsAgent {
  override getName(): string {
    return 'server';
  }
}

function serverOf(kubeConfig: KubeConfig): URL {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) {
    throw new UnusableKubeConfigError('has no current cluster', 'set current-context to one of its contexts');
  }
  if (cluster.proxyUrl !== undefined) {
    throw new UnusableKubeConfigError(
      `asks for the proxy ${cluster.proxyUrl}`,
      'proxies are not supported; name an address that is reached directly',
    );
  }
  if (!URL.canParse(cluster.server)) {
    throw new UnusableKubeConfigError(
      `names the server ${JSON.stringify(cluster.server)}`,
      'write it as https://host:port',
    );
  }
  return new URL(cluster.server);
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const basic =
    auth == null ? [] : [['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`] as const];
  return Object.fromEntries([...given, ...basic]);
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
