import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TernGradJob } from '../../../crds/index.ts';
import type { ApiClient } from '../../integration/api-client.ts';
import { startGuarded } from '../../integration/guarded-process.ts';
import { eventually } from '../eventually.ts';
import { endlessJob } from '../small-job.ts';

const NODES = 24;
const LABEL = { 'terngrad.dev-test/simulated': 'true' };
const TAINT = { key: 'terngrad.dev-test/simulated', effect: 'NoSchedule' } as const;
const ANNOTATION = 'kwok.x-k8s.io/node';

/** Nodes that run nothing but say that they do (KWOK), so that the operator is measured and no kubelet. */
export async function withSimulatedNodes<T>(client: ApiClient, work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'terngrad-kwok-'));
  const kwok = startGuarded(
    'kwok',
    [
      '--manage-all-nodes=false',
      `--manage-nodes-with-annotation-selector=${ANNOTATION}=fake`,
      '--node-lease-duration-seconds=40',
    ],
    { logFile: join(folder, 'kwok.log'), removeAtEnd: folder },
  );
  const names = Array.from({ length: NODES }, (_, index) => `simulated-${index}`);
  try {
    await Promise.all(names.map((name) => client.create('/api/v1/nodes', node(name))));
    await eventually('the simulated nodes are ready', 60_000, async () => {
      const readiness = await Promise.all(
        names.map(async (name) => isReady((await client.get(`/api/v1/nodes/${name}`)).body)),
      );
      return readiness.every(Boolean) ? true : undefined;
    });
    return await work();
  } finally {
    await Promise.all(names.map((name) => client.delete(`/api/v1/nodes/${name}`)));
    await kwok.kill();
  }
}

/** A job whose workers are scheduled to simulated nodes. */
export function simulatedJob(name: string, replicas: number): TernGradJob {
  return endlessJob(name, replicas, {
    training: { steps: 1000, batchSize: Math.max(64, replicas) },
    // Shared scalers are for 255 workers at most.
    compression: { scaler: 'local' },
    workers: {
      replicas,
      template: { nodeSelector: LABEL, tolerations: [{ ...TAINT, operator: 'Exists' as const }] },
    },
  });
}

/** A pod that does nothing on a simulated node, and that nobody looks after. */
export function simulatedPod(name: string): unknown {
  return {
    metadata: { name },
    spec: {
      nodeSelector: LABEL,
      tolerations: [{ ...TAINT, operator: 'Exists' as const }],
      automountServiceAccountToken: false,
      containers: [{ name: 'worker', image: 'simulated' }],
    },
  };
}

function node(name: string): unknown {
  const capacity = { cpu: '64', memory: '256Gi', pods: '256' };
  return {
    metadata: { name, labels: LABEL, annotations: { [ANNOTATION]: 'fake' } },
    spec: { taints: [TAINT] },
    status: { capacity, allocatable: capacity },
  };
}

function isReady(body: unknown): boolean {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { status } = body as { status?: { conditions?: { type: string; status: string }[] } };
  return (
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ===
    true
  );
}
