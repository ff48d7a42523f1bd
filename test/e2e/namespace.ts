import { afterAll, beforeAll } from '@jest/globals';
import { connectedCluster, type Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { Jobs } from './jobs.ts';

const DELETION_LIMIT_MS = 60_000;

/** A namespace for the tests of one file, removed after them with everything in it. */
export function ownNamespace(name: string): { readonly cluster: Cluster; readonly jobs: Jobs } {
  const cluster = connectedCluster();
  const { client } = cluster;
  const path = `/api/v1/namespaces/${name}`;
  const isGone = async () => ((await client.get(path)).status === 404 ? true : undefined);

  beforeAll(async () => {
    await client.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      // The strictest pod security: whatever the operator makes must pass it.
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });
  afterAll(async () => {
    await client.delete(path);
    await eventually(`namespace ${name} is gone`, DELETION_LIMIT_MS, isGone);
    client.close();
  }, DELETION_LIMIT_MS + 5000);

  return { cluster, jobs: new Jobs(client, name) };
}
