import { workerOf } from '../../../plan/manifests/labels.ts';
import type { WorkerChild } from '../../../plan/worker-child.ts';
import type { OwnWrites } from '../memory/own-writes.ts';
import type { Pod } from './pod.ts';
import type { SetUp } from './set-up.ts';
import { workerChild } from './worker-child.ts';

/** Objects in the store are never changed, only exchanged; so what was read from one is good as long as it is there. */
const readOf = new WeakMap<Pod, WorkerChild>();

/**
 * A job's pods as the plan sees them. A pod without our labels is none of its workers: somebody has stripped them, and
 * it is fenced by the attempt that takes its place.
 */
export function observe(
  pods: readonly Pod[],
  own: OwnWrites<Pod>,
  setUps: ReadonlyMap<string, SetUp>,
): readonly WorkerChild[] {
  return pods.flatMap((pod) => {
    const child = read(pod);
    if (child === undefined) return [];
    const trouble = child.phase === 'pending' ? setUps.get(child.uid)?.trouble : undefined;
    return [
      {
        ...child,
        deleting: child.deleting || own.isDeleted(pod),
        ...(child.waiting === undefined && trouble !== undefined && { waiting: trouble }),
      },
    ];
  });
}

function read(pod: Pod): WorkerChild | undefined {
  const known = readOf.get(pod);
  if (known !== undefined) return known;
  const worker = workerOf(pod.metadata.labels);
  if (worker === undefined) return undefined;
  const child = workerChild(pod, worker);
  readOf.set(pod, child);
  return child;
}
