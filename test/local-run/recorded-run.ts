import { withRun, type EndedRun } from './run-job.ts';
import { programFile, smallJob, type SpecChange } from './small-job.ts';

export interface RecordedRun extends EndedRun {
  /** By rank: the weights at each evaluation, one JSON text each; the last one is of the final weights. */
  readonly weights: readonly (readonly string[])[];
  /** Loss on the whole test set at each evaluation, with the six digits of the log. */
  readonly testLosses: readonly number[];
}

/** Runs the small job with `programs/recording.mjs`, evaluating after every step. */
export async function recordedRun(change: SpecChange = {}): Promise<RecordedRun> {
  const job = smallJob({
    ...change,
    program: { path: programFile('recording'), ...change.program },
    training: { evaluation: { everySteps: 1 }, ...change.training },
  });
  const ranks = Array.from({ length: job.spec.workers?.replicas ?? 1 }, (_, rank) => rank);
  return withRun(job, async (run) => {
    const ended = await run.ended();
    const lines = (rank: number): string[] => run.readFile(`weights-${rank}.jsonl`).trimEnd().split('\n');
    return { ...ended, weights: ranks.map(lines), testLosses: testLossesIn(ended.err) };
  });
}

/** As rank 0 logs them. */
export function testLossesIn(err: string): readonly number[] {
  return [...err.matchAll(/^\[0\] .* evaluated on the test set .*\bloss=(\S+)/gm)].map(([, loss]) =>
    Number(loss),
  );
}
