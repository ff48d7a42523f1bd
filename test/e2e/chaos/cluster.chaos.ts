import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isOurCluster } from '../containers.ts';
import { localRun } from '../local-run.ts';
import { ownNamespace } from '../namespace.ts';
import { configMapParameters, PROGRAM_FILES } from '../paced-job.ts';
import { chaosJob, RunningChaosJob } from './chaos-job.ts';
import { appendResult, beginResults, type Verdict, writeTable } from './report.ts';
import { roundsOf, titleOf } from './round.ts';

const ROUND_LIMIT_MS = 15 * 60_000;
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const rounds = roundsOf(seed, Number(process.env['CHAOS_ROUNDS'] ?? 20));
const describeOnOurs = isOurCluster() ? describe : describe.skip;

console.log(`seed ${seed}`);

describeOnOurs('A job on a cluster of test/cluster, whose daemons and containers can be killed,', () => {
  const { cluster, jobs } = ownNamespace('e2e-chaos');
  const verdicts: Verdict[] = [];
  /** Of the running job; what goes wrong at its end goes wrong for all of them. */
  let open: Verdict[] = [];
  let running: RunningChaosJob | undefined;
  let started = 0;
  let weightsHash = '';

  beforeAll(async () => {
    beginResults();
    const undisturbed = await localRun(chaosJob('undisturbed', 0), PROGRAM_FILES);
    weightsHash = String(undisturbed.weightsHashes[0]);
    if (!/^[0-9a-f]{64}$/.test(weightsHash)) throw new Error('the undisturbed run has failed');
    cluster.kubectl([...configMapParameters, '-n', jobs.namespace]);
  }, ROUND_LIMIT_MS);

  const close = (failure?: string) => {
    for (const verdict of open) {
      const judged = failure === undefined ? verdict : { ...verdict, failure: verdict.failure ?? failure };
      verdicts.push(judged);
      appendResult(judged, seed);
    }
    open = [];
    running = undefined;
  };
  const endJob = async (job: RunningChaosJob) => {
    try {
      await job.end(weightsHash);
      close();
    } catch (error) {
      close(String(error));
      await job.abandon();
      throw error;
    }
  };

  test.each(rounds.map((round) => [round.number, titleOf(round.fault), round] as const))(
    'recovers in round %i from this: %s',
    async (number, _title, round) => {
      running ??= await RunningChaosJob.start(cluster, jobs, `chaos-${(started += 1)}`);
      const job = running;
      try {
        open.push({ round, job: job.name, pauseMs: await job.play(round) });
      } catch (error) {
        open.push({ round, job: job.name, failure: String(error) });
        // The rounds before it in this job had passed, and whether the weights are right nobody will know.
        close();
        await job.abandon();
        throw error;
      }
      if (number === rounds.length || !(await job.hasTime())) await endJob(job);
    },
    ROUND_LIMIT_MS,
  );

  test('and no invariant was broken in any round', () => {
    expect(verdicts.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(verdicts).toHaveLength(rounds.length);
  });

  afterAll(() => {
    if (verdicts.length === rounds.length) writeTable(verdicts, seed);
  });
});
