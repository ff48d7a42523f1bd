import { describe, expect, test } from '@jest/globals';
import { connectedCluster } from './cluster.ts';
import { lastWords } from './last-words.ts';
import { ownNamespace } from './namespace.ts';
import { smallJob } from './small-job.ts';

const TRAINED_WITHIN_MS = 180_000;
const WORKERS = 2;

const describeOnSeveral = hasSeveralNodes() ? describe : describe.skip;

describeOnSeveral('Workers on different nodes', () => {
  const { jobs } = ownNamespace('e2e-nodes');

  test(
    'find each other, exchange gradients and end with the same weights',
    async () => {
      const apart = {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule' as const,
      };
      const template = { topologySpreadConstraints: [apart] };
      await jobs.create(smallJob('apart', WORKERS, { workers: { replicas: WORKERS, template } }));
      await jobs.untilState('apart', 'Succeeded', TRAINED_WITHIN_MS);
      const pods = await jobs.untilEndedWell('apart', WORKERS, TRAINED_WITHIN_MS);
      expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(WORKERS);
      const words = pods.map(lastWords);
      expect(words[0]?.weightsHash).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(words.map(({ weightsHash }) => weightsHash)).size).toBe(1);
    },
    2 * TRAINED_WITHIN_MS,
  );
});

/** That take pods; asked at once, as a test has to know whether it is one. */
function hasSeveralNodes(): boolean {
  const { client, kubectl } = connectedCluster();
  client.close();
  const nodes = kubectl([
    'get',
    'nodes',
    '-o',
    'jsonpath={range .items[*]}{.spec.unschedulable}{.spec.taints[*].effect}{"\\n"}{end}',
  ]);
  // An empty line is a node that takes any pod.
  const taking = nodes
    .split('\n')
    .slice(0, -1)
    .filter((line) => !/true|NoSchedule|NoExecute/.test(line)).length;
  if (taking < WORKERS) {
    console.warn(
      `the cluster has ${taking} node(s) that take any pod: workers on different nodes are skipped`,
    );
  }
  return taking >= WORKERS;
}
