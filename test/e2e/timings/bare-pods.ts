import type { ApiClient } from '../../integration/api-client.ts';
import { eventually } from '../eventually.ts';
import type { Jobs } from '../jobs.ts';

export interface BarePods {
  readonly selector: string;
  readonly count: number;
  /** The first `count` of them, or all. */
  create(count?: number): Promise<void>;
  remove(): Promise<void>;
}

interface Copied {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly volumes?: readonly {
      readonly name: string;
      readonly secret?: { readonly secretName: string };
    }[];
  };
}

const SELECTOR = 'timing=bare';

/**
 * Pods exactly like the workers of a running job, image, program, Secrets and all, but that nobody looks after: what
 * the cluster itself needs to start them. They have Secrets of their own, so the job may go.
 */
export async function copyOfWorkers(client: ApiClient, jobs: Jobs, job: string): Promise<BarePods> {
  const core = `/api/v1/namespaces/${jobs.namespace}`;
  const path = `${core}/pods`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const workers = (await jobs.pods(job)) as unknown as readonly Copied[];
  const pods = workers.map(({ metadata, spec: { nodeName: _node, ...spec } }) => ({
    metadata: { name: `bare-${metadata.name}`, labels: { timing: 'bare' } },
    spec: {
      ...spec,
      terminationGracePeriodSeconds: 0,
      volumes: (spec.volumes ?? []).map(({ secret, ...volume }) =>
        secret === undefined
          ? volume
          : { ...volume, secret: { ...secret, secretName: `bare-${secret.secretName}` } },
      ),
    },
  }));
  const volumes = workers.flatMap(({ spec }) => spec.volumes ?? []);
  const names = [...new Set(volumes.flatMap(({ secret }) => secret?.secretName ?? []))];
  const secrets = `${core}/secrets`;
  await Promise.all(
    names.map(async (name) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const { data } = (await client.get(`${secrets}/${name}`)).body as { data: unknown };
      await client.create(secrets, { metadata: { name: `bare-${name}` }, data });
    }),
  );
  return {
    selector: SELECTOR,
    count: pods.length,
    async create(first = pods.length) {
      const answers = await Promise.all(pods.slice(0, first).map((pod) => client.create(path, pod)));
      const refused = answers.find(({ status }) => status !== 201);
      if (refused !== undefined) throw new Error(`a bare pod was refused: ${JSON.stringify(refused.body)}`);
    },
    async remove() {
      await Promise.all(pods.map(({ metadata }) => client.delete(`${path}/${metadata.name}`)));
      await Promise.all(names.map((name) => client.delete(`${secrets}/bare-${name}`)));
      await eventually('the bare pods are gone', 60_000, async () => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        const { items } = (await client.get(`${path}?labelSelector=${SELECTOR}`)).body as {
          items: unknown[];
        };
        return items.length === 0 ? true : undefined;
      });
    },
  };
}
