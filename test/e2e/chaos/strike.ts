import type { ApiClient } from '../../integration/api-client.ts';
import { killContainer, endContainer, restartKubelet } from '../containers.ts';
import { eventually } from '../eventually.ts';
import type { Pod } from '../objects.ts';
import { operatorPod } from '../operator.ts';
import type { Fault } from './round.ts';

const RECOVERY_LIMIT_MS = 240_000;

/** Makes the fault. What resolves later is that whoever it struck, if no worker, works again. */
export async function strike(
  client: ApiClient,
  fault: Fault,
  podOf: (rank: number) => Pod,
  namespace: string,
): Promise<() => Promise<void>> {
  switch (fault.kind) {
    case 'operatorKilled':
      return killOperator(client);
    case 'kubeletRestarted':
      return killKubelet(client, podOf(0).spec.nodeName ?? '');
    case 'workerKilled':
      killContainer(podOf(fault.rank));
      return nothingElse;
    case 'containerEnded':
      endContainer(podOf(fault.rank));
      return nothingElse;
    case 'podDeleted':
      await client.delete(`/api/v1/namespaces/${namespace}/pods/${podOf(fault.rank).metadata.name}`);
      return nothingElse;
  }
}

async function nothingElse(): Promise<void> {}

async function killOperator(client: ApiClient): Promise<() => Promise<void>> {
  const before = await operatorPod(client);
  killContainer(before);
  return () =>
    eventually('the operator is ready again', RECOVERY_LIMIT_MS, async () => {
      const [status] = (await operatorPod(client)).status.containerStatuses ?? [];
      const isNew = status?.containerID !== before.status.containerStatuses?.[0]?.containerID;
      return isNew && status?.ready === true ? true : undefined;
    }).then(() => undefined);
}

async function killKubelet(client: ApiClient, nodeName: string): Promise<() => Promise<void>> {
  restartKubelet(nodeName);
  const startedAt = Date.now();
  const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`;
  return () =>
    eventually('the kubelet renews its lease again', RECOVERY_LIMIT_MS, async () => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const { spec } = (await client.get(lease)).body as { spec: { renewTime: string } };
      return Date.parse(spec.renewTime) > startedAt ? true : undefined;
    }).then(() => undefined);
}
