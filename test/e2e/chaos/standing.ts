import { printedBy } from '../containers.ts';
import type { Jobs } from '../jobs.ts';
import type { Pod } from '../objects.ts';
import { type Formed, workerLogOf } from '../worker-log.ts';

/** What the workers that are there have done so far, by what they printed. */
export interface Standing {
  /** The newest pod of each rank, in order; none of a rank whose pod is gone. */
  readonly workers: readonly Worker[];
  /** By step, when the first member began it: when the step before was committed. */
  readonly begun: ReadonlyMap<number, number>;
}

export interface Worker {
  readonly rank: number;
  readonly attempt: number;
  readonly pod: Pod;
  /** Its newest step, and when it began that; -1 before its first. */
  readonly step: number;
  readonly formed: readonly Formed[];
}

/** @param stepOf by example, the step that takes it. */
export async function standingOf(jobs: Jobs, name: string, stepOf: Uint32Array): Promise<Standing> {
  const pods = (await jobs.pods(name)).filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase !== 'Failed',
  );
  const begun = new Map<number, number>();
  const workers = pods.map((pod) => {
    const { batches, formed } = workerLogOf(printedBy(pod, jobs.namespace));
    const steps = batches.map(({ examples, atMs }) => ({ step: stepOf[examples[0] ?? 0] ?? -1, atMs }));
    for (const { step, atMs } of steps) begun.set(step, Math.min(begun.get(step) ?? Infinity, atMs));
    const [, rank, attempt] = /-worker-(\d+)-(\d+)$/.exec(pod.metadata.name) ?? [];
    return { rank: Number(rank), attempt: Number(attempt), pod, step: steps.at(-1)?.step ?? -1, formed };
  });
  return { workers, begun };
}

/** The newest step that anybody has begun: all before it are committed. */
export function newestStep({ begun }: Standing): number {
  return Math.max(-1, ...begun.keys());
}

/** The step that all ranks have come to; -1 where one is missing or has not begun. */
export function commonStep({ workers }: Standing, ranks: readonly number[]): number {
  return Math.min(...ranks.map((rank) => workers.findLast((worker) => worker.rank === rank)?.step ?? -1));
}

/** The longest time from one commit to the next, of the commits after `sinceMs`; the last one before it begins it. */
export function longestPauseMs({ begun }: Standing, sinceMs: number): number {
  const times = [...begun.entries()].toSorted(([a], [b]) => a - b).map(([, atMs]) => atMs);
  const pauses = times.slice(1).map((atMs, index) => ({ atMs, pauseMs: atMs - (times[index] ?? atMs) }));
  return Math.max(...pauses.filter(({ atMs }) => atMs >= sinceMs).map(({ pauseMs }) => pauseMs));
}
