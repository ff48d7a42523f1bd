import { describe, expect, test } from '@jest/globals';
import { isOurCluster } from './containers.ts';
import { ownNamespace } from './namespace.ts';
import { launchWrites, operatorWrites } from './operator-calls.ts';
import { endlessJob } from './small-job.ts';

const REPLICAS = 4;
/** 9 or 10 where the pods run soon (reconciler.test.ts); on a busy computer the job has more to say on the way. */
const MOST_WRITES = 14;
const SETTLED_SECONDS = 25;
/** Only our own cluster records what is asked of its API server. */
const describeOnOurs = isOurCluster() ? describe : describe.skip;

describeOnOurs('The operator', () => {
  const { jobs } = ownNamespace('e2e-writes');
  const written = () => operatorWrites(jobs.namespace);

  test(`writes at most ${MOST_WRITES} times from the creation of a job of four workers to Running`, async () => {
    await jobs.create(endlessJob('counted', REPLICAS));
    await jobs.untilState('counted', 'Running', 120_000);
    const kinds = launchWrites(written()).map(({ verb, resource }) => `${verb} ${resource}`);
    expect(kinds.filter((kind) => kind === 'create pods')).toHaveLength(REPLICAS);
    expect(kinds.length > MOST_WRITES ? kinds : []).toEqual([]);
  }, 130_000);

  test('then writes nothing but progress, at most once in 10 s', async () => {
    const before = written().length;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_SECONDS * 1000));
    const since = written().slice(before);
    expect(since.filter(({ resource }) => resource !== 'terngradjobs/status')).toEqual([]);
    const times = since.map(({ at }) => at.getTime());
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.filter((pauseMs) => pauseMs < 9_900)).toEqual([]);
  }, 40_000);

  test('writes nothing at all about a job that has ended', async () => {
    await jobs.delete('counted');
    await jobs.create({
      ...endlessJob('ended', 1),
      spec: { ...endlessJob('ended', 1).spec, training: { steps: 5 } },
    });
    await jobs.untilState('ended', 'Succeeded', 120_000);
    const before = written().length;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_SECONDS * 1000));
    expect(written().slice(before)).toEqual([]);
  }, 160_000);
});
