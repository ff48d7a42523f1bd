import type { TernGradJob } from '../../crds/index.ts';
import type { ApiClient } from '../integration/api-client.ts';
import { eventually } from './eventually.ts';
import type { Condition, Job, Pod } from './objects.ts';

/** The TernGradJobs of one namespace, and what belongs to them. */
export class Jobs {
  readonly #client: ApiClient;
  readonly namespace: string;

  constructor(client: ApiClient, namespace: string) {
    this.#client = client;
    this.namespace = namespace;
  }

  async create(job: TernGradJob): Promise<void> {
    const { status, body } = await this.#client.create(this.#path(), job);
    if (status !== 201) throw new Error(`${job.metadata.name} was refused: ${JSON.stringify(body)}`);
  }

  async get(name: string): Promise<Job> {
    // The server's answer has the shape that the CRD gives it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (await this.#client.get(`${this.#path()}/${name}`)).body as Job;
  }

  async change(name: string, spec: Record<string, unknown>): Promise<void> {
    const { status, body } = await this.#client.merge(`${this.#path()}/${name}`, { spec });
    if (status !== 200) throw new Error(`the change of ${name} was refused: ${JSON.stringify(body)}`);
  }

  async delete(name: string): Promise<void> {
    await this.#client.delete(`${this.#path()}/${name}`);
  }

  /** The job's pods, by rank and attempt. */
  async pods(name: string): Promise<readonly Pod[]> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { items } = (await this.#client.get(this.#core('pods', name))).body as { items: Pod[] };
    return items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true }));
  }

  /** `kind/name` of everything in the namespace that carries the job's label. */
  async belongings(name: string): Promise<readonly string[]> {
    const policies = `/apis/networking.k8s.io/v1/namespaces/${this.namespace}/networkpolicies${labelled(name)}`;
    const paths = [...['pods', 'services', 'secrets'].map((kind) => this.#core(kind, name)), policies];
    const lists = await Promise.all(paths.map((path) => this.#client.get(path)));
    return lists.flatMap(({ body }) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const { kind, items } = body as { kind: string; items: { metadata: { name: string } }[] };
      return items.map(({ metadata }) => `${kind.replace('List', '')}/${metadata.name}`);
    });
  }

  async untilState(name: string, state: string, limitMs: number): Promise<Job> {
    return eventually(
      `${name} is ${state}`,
      limitMs,
      async () => {
        const job = await this.get(name);
        return job.status?.state === state ? job : undefined;
      },
      () => this.describe(name),
    );
  }

  /** The job as it stays: it succeeded by rank 0, and its status has heard since that no other worker is left. */
  async untilSettled(name: string, limitMs: number): Promise<Job> {
    return eventually(
      `${name} has succeeded and no worker is left`,
      limitMs,
      async () => {
        const job = await this.get(name);
        return job.status?.state === 'Succeeded' && job.status.workers === 0 ? job : undefined;
      },
      () => this.describe(name),
    );
  }

  /** The pods that ended well, once there are so many; the API server may show that a moment after the job's end. */
  async untilEndedWell(name: string, count: number, limitMs: number): Promise<readonly Pod[]> {
    return eventually(
      `${count} workers of ${name} have ended well`,
      limitMs,
      async () => {
        const ended = (await this.pods(name)).filter(({ status }) => status.phase === 'Succeeded');
        return ended.length >= count ? ended : undefined;
      },
      () => this.describe(name),
    );
  }

  async untilCondition(
    name: string,
    holds: (condition: Condition) => boolean,
    limitMs: number,
  ): Promise<Condition> {
    return eventually(
      `the condition of ${name}`,
      limitMs,
      async () => (await this.get(name)).status?.conditions?.find(holds),
      () => this.describe(name),
    );
  }

  /** What to print when a test has waited in vain. */
  async describe(name: string): Promise<string> {
    const [job, pods] = await Promise.all([this.get(name), this.pods(name)]);
    const states = pods.map(
      ({ metadata, status }) =>
        `${metadata.name}: ${status.phase} ${JSON.stringify(status.containerStatuses)}`,
    );
    return [JSON.stringify(job.status), ...states].join('\n');
  }

  #path(): string {
    return `/apis/terngrad.dev/v1alpha1/namespaces/${this.namespace}/terngradjobs`;
  }

  #core(plural: string, job: string): string {
    return `/api/v1/namespaces/${this.namespace}/${plural}${labelled(job)}`;
  }
}

function labelled(job: string): string {
  return `?labelSelector=${encodeURIComponent(`terngrad.dev/job-name=${job}`)}`;
}
