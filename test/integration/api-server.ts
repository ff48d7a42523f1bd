import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient } from './api-client.ts';
import { freePorts } from './free-ports.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { kubernetesPrograms } from './programs.ts';

const CRD = fileURLToPath(new URL('../../crds/terngradjob.yaml', import.meta.url));
const JOBS = '/apis/terngrad.dev/v1alpha1/terngradjobs';
const READY_LIMIT_MS = 90_000;
const LOOK_EVERY_MS = 100;
/** Memory for processor time: both have small heaps, and would collect garbage several times a second. */
const COLLECT_RARELY = { GOGC: '400' };
/** Another process may take a port between our looking and the server's listening. */
const PORT_TRIES = 3;

export interface RunningApiServer {
  /** Path of a kubeconfig of the administrator. */
  readonly kubeconfig: string;
  /** As the administrator; `client.as(user)` for others. RBAC is on. */
  readonly client: ApiClient;
  /** Prints what kubectl prints, as the administrator. */
  kubectl(...parameters: string[]): string;
  /** A kubeconfig with a real token of this service account, which must exist. */
  kubeconfigOf(serviceAccount: { namespace: string; name: string }): Promise<string>;
  /** SIGKILL to the API server alone; the store keeps what is in it. */
  killServer(): Promise<void>;
  /** Starts it again, on the same port and with the same certificate. */
  restartServer(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * A real etcd and kube-apiserver on the loopback address, with TLS, RBAC and the TernGradJob CRD; no controllers, no
 * nodes: nothing collects garbage, nothing schedules. Ends with this process even if that is killed.
 * @throws Error with the end of the server's log if it does not start.
 */
export async function startApiServer(): Promise<RunningApiServer> {
  const programs = kubernetesPrograms();
  if (programs === undefined) throw new Error('kube-apiserver is not built; run `make cluster-api`');
  for (let tries = 1; ; tries += 1) {
    const server = new ApiServer(programs, await freePorts(3));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (tries === PORT_TRIES || !String(error).includes('address already in use')) throw error;
    }
  }
}

class ApiServer implements RunningApiServer {
  readonly kubeconfig: string;
  readonly #programs: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'terngrad-api-'));
  readonly #token = randomBytes(16).toString('hex');
  readonly #port: number;
  readonly #etcdPort: number;
  readonly #peerPort: number;
  #etcd: GuardedProcess | undefined;
  #server: GuardedProcess | undefined;
  #client: ApiClient | undefined;

  constructor(programs: string, [port = 0, etcdPort = 0, peerPort = 0]: readonly number[]) {
    this.#programs = programs;
    this.#port = port;
    this.#etcdPort = etcdPort;
    this.#peerPort = peerPort;
    this.kubeconfig = this.#file('kubeconfig');
  }

  get client(): ApiClient {
    if (this.#client === undefined) throw new Error('the API server has not started');
    return this.#client;
  }

  async start(): Promise<void> {
    writeFileSync(this.#file('tokens.csv'), `${this.#token},admin,admin,system:masters\n`, { mode: 0o600 });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'sec1', format: 'pem' });
    writeFileSync(this.#file('service-accounts.key'), key, { mode: 0o600 });
    this.#etcd = this.#startEtcd();
    const server = await this.#startUntilReady();
    this.kubectl('create', '-f', CRD);
    await this.#until(
      'serving TernGradJobs',
      server,
      async () => (await this.client.get(JOBS)).status === 200,
    );
  }

  async restartServer(): Promise<void> {
    await this.#startUntilReady();
  }

  async #startUntilReady(): Promise<GuardedProcess> {
    const server = this.#startServer();
    this.#server = server;
    await this.#until('ready', server, async () => {
      // The server writes its certificate when it starts for the first time.
      if (this.#client === undefined) {
        this.#writeKubeconfig(this.kubeconfig, this.#token);
        this.#client = new ApiClient({ ...this.#endpoint(), credentials: { token: this.#token } });
      }
      return (await this.#client.get('/readyz')).status === 200;
    });
    return server;
  }

  async killServer(): Promise<void> {
    await this.#server?.kill();
  }

  kubectl(...parameters: string[]): string {
    return execFileSync(
      join(this.#programs, 'kubectl'),
      [`--kubeconfig=${this.kubeconfig}`, `--cache-dir=${this.#file('discovery')}`, ...parameters],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  }

  async kubeconfigOf({ namespace, name }: { namespace: string; name: string }): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const { status, body } = await this.client.create(path, { spec: { expirationSeconds: 3600 } });
    // The shape of a TokenRequest.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const token = (body as { status?: { token?: string } }).status?.token;
    if (token === undefined) throw new Error(`no token of ${namespace}/${name}: ${status}`);
    const file = this.#file(`kubeconfig-${namespace}-${name}`);
    this.#writeKubeconfig(file, token);
    return file;
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.#server?.kill();
    await this.#etcd?.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #startEtcd(): GuardedProcess {
    const [url, peers] = [this.#etcdPort, this.#peerPort].map((port) => `http://127.0.0.1:${port}`);
    const parameters = [
      `--data-dir=${this.#file('etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ];
    const logFile = this.#file('etcd.log');
    return startGuarded(join(this.#programs, 'etcd'), parameters, {
      logFile,
      removeAtEnd: this.#folder,
      environment: COLLECT_RARELY,
    });
  }

  #startServer(): GuardedProcess {
    const parameters = [
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.#port}`,
      `--cert-dir=${this.#file('certificates')}`,
      `--token-auth-file=${this.#file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      // Nothing makes the namespaces' default service accounts here, without which it would refuse every pod.
      '--disable-admission-plugins=ServiceAccount',
      '--allow-privileged=true',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.#file('service-accounts.key')}`,
      `--service-account-signing-key-file=${this.#file('service-accounts.key')}`,
      '--profiling=false',
    ];
    const logFile = this.#file('kube-apiserver.log');
    return startGuarded(join(this.#programs, 'kube-apiserver'), parameters, {
      logFile,
      environment: COLLECT_RARELY,
    });
  }

  async #until(what: string, server: GuardedProcess, holds: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + READY_LIMIT_MS;
    while (!(await holds().catch(() => false))) {
      const ended = server.exitCode ?? this.#etcd?.exitCode;
      if ((ended !== null && ended !== undefined) || performance.now() > endMs) {
        const words = `${server.lastWords()}\n${this.#etcd?.lastWords() ?? ''}`;
        throw new Error(`kube-apiserver is not ${what} (exit code ${ended ?? 'none'}):\n${words}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #endpoint(): { url: string; certificateAuthority: string } {
    const certificateAuthority = readFileSync(join(this.#file('certificates'), 'apiserver.crt'), 'utf8');
    return { url: `https://127.0.0.1:${this.#port}`, certificateAuthority };
  }

  #writeKubeconfig(file: string, token: string): void {
    const { url, certificateAuthority } = this.#endpoint();
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: url,
            'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
          },
        },
      ],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
