import { GRPC_PORT } from '../../../plan/manifests/ports.ts';
import { workerOf } from '../../../plan/manifests/labels.ts';
import { formatAddress } from '../../../../trainer/wire/address.ts';
import type { Pod } from '../observe/pod.ts';
import { workerContainer } from '../observe/pod.ts';

/** `host:port` of the newest attempt of rank 0, while it runs and nobody takes it away. */
export function rank0Address(pods: readonly Pod[]): string | undefined {
  let newest: { readonly attempt: number; readonly pod: Pod } | undefined;
  for (const pod of pods) {
    const worker = workerOf(pod.metadata.labels);
    if (worker?.rank !== 0) continue;
    if (newest === undefined || worker.attempt > newest.attempt) newest = { attempt: worker.attempt, pod };
  }
  if (newest === undefined) return undefined;
  const { metadata, status } = newest.pod;
  const { podIP } = status ?? {};
  const isUp = status?.phase === 'Running' && workerContainer(newest.pod)?.terminated === undefined;
  if (!isUp || metadata.deletionTimestamp !== undefined || podIP === undefined) return undefined;
  return formatAddress({ host: podIP, port: GRPC_PORT.number });
}
