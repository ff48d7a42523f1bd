import { afterAll, describe, expect, test } from '@jest/globals';
import { eventually } from './eventually.ts';
import { FollowedLogs } from './followed-logs.ts';
import { lastWords } from './last-words.ts';
import { ownNamespace } from './namespace.ts';
import { configMapParameters, onCluster, pacedJob, stepsOfExamples } from './paced-job.ts';
import { type WorkerLog, workerLogOf } from './worker-log.ts';

/** About a minute, in which the size changes three times. */
const PACE = { steps: 400, batchMs: 60 };
const CHANGE_LIMIT_MS = 120_000;
const TRAINING_LIMIT_MS = 400_000;
const NAME = 'elastic';
/** Rank 2 comes, goes, and comes back as another attempt. */
const [FIRST, SECOND, VISITOR, RETURNED] = ['0-1', '1-1', '2-1', '2-2'].map(
  (id) => `${NAME}-worker-${id}`,
) as [string, string, string, string];

const PODS = [FIRST, SECOND, VISITOR, RETURNED];
/** By generation. */
const MEMBERS = [
  [FIRST, SECOND],
  [FIRST, SECOND, VISITOR],
  [FIRST, SECOND],
  [FIRST, SECOND, RETURNED],
];

describe('A job whose size is changed by `kubectl scale` while it trains', () => {
  const { cluster, jobs } = ownNamespace('e2e-elastic');
  const logs = new FollowedLogs(jobs.namespace);
  afterAll(() => logs.end());

  const stepOf = stepsOfExamples(PACE.steps);
  const logOf = (pod: string): WorkerLog => workerLogOf(logs.of(pod));
  const stepsOf = (pod: string) =>
    logOf(pod).batches.map(({ examples }) => stepOf[examples[0] ?? 0] ?? Number.NaN);
  /** By step. What a worker took of a step that it began twice is what it took last. */
  const lastBatchesOf = (pod: string) =>
    new Map(logOf(pod).batches.map(({ examples }) => [stepOf[examples[0] ?? 0] ?? Number.NaN, examples]));
  const scale = (replicas: number) =>
    cluster.kubectl(['scale', 'tgj', NAME, '-n', jobs.namespace, `--replicas=${replicas}`]);
  const untilRunning = (pod: string) =>
    eventually(
      `${pod} runs`,
      CHANGE_LIMIT_MS,
      async () =>
        (await jobs.pods(NAME)).some(
          ({ metadata, status }) => metadata.name === pod && status.phase === 'Running',
        )
          ? true
          : undefined,
      () => jobs.describe(NAME),
    );
  /** The newest membership of rank 0 has so many members, and it trains on in it. */
  const untilMembers = (members: number) =>
    eventually(
      `${members} workers train`,
      CHANGE_LIMIT_MS,
      async () => (logOf(FIRST).formed.at(-1)?.members === members ? true : undefined),
      async () => `${await jobs.describe(NAME)}\n${logOf(FIRST).messages.slice(-10).join('\n')}`,
    );

  test(
    'takes workers in and lets them go, and ends with equal weights on all of them',
    async () => {
      cluster.kubectl([...configMapParameters, '-n', jobs.namespace]);
      const elastic = { minReplicas: 1, maxReplicas: 3 };
      await jobs.create(onCluster(pacedJob(NAME, PACE, { workers: { replicas: 2, elastic } })));
      await jobs.untilState(NAME, 'Running', CHANGE_LIMIT_MS);
      for (const pod of [FIRST, SECOND]) logs.follow(pod);
      await untilMembers(2);
      const atFirst = await jobs.pods(NAME);

      scale(3);
      await untilRunning(VISITOR);
      logs.follow(VISITOR);
      await untilMembers(3);
      scale(2);
      await untilMembers(2);
      scale(3);
      await untilRunning(RETURNED);
      logs.follow(RETURNED);
      await untilMembers(3);

      const { status } = await jobs.untilState(NAME, 'Succeeded', TRAINING_LIMIT_MS);
      expect(status).toMatchObject({ step: PACE.steps, totalSteps: PACE.steps, failureCount: 0 });
      const atEnd = await jobs.untilEndedWell(NAME, 3, CHANGE_LIMIT_MS);
      expect(atEnd.map(({ metadata }) => metadata.name)).toEqual([FIRST, SECOND, RETURNED]);
      expect(atEnd.slice(0, 2).map(({ metadata }) => metadata.uid)).toEqual(
        atFirst.map(({ metadata }) => metadata.uid),
      );
      expect(atEnd.map((pod) => pod.status.containerStatuses?.[0]?.restartCount)).toEqual([0, 0, 0]);
      const hashes = atEnd.map((pod) => lastWords(pod).weightsHash);
      expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(hashes).size).toBe(1);
      await logs.untilComplete();
    },
    TRAINING_LIMIT_MS + 5 * CHANGE_LIMIT_MS,
  );

  test('has each change at the border of a step, without the loss of a peer', () => {
    const { formed, messages } = logOf(FIRST);
    expect(formed.map(({ members }) => members)).toEqual([2, 3, 2, 3]);
    expect(messages.filter((message) => message === 'the membership changes')).toHaveLength(3);
    for (const pod of PODS) {
      expect(logOf(pod).messages.filter((message) => message.startsWith('the generation is over'))).toEqual(
        [],
      );
    }
  });

  test('has a newcomer train from where it came in, and one that leaves until the step at whose border it does', () => {
    const [, came, left, returned] = logOf(FIRST).formed;
    const [visited, again] = [stepsOf(VISITOR), stepsOf(RETURNED)];
    expect([visited[0], again[0], again.at(-1)]).toEqual([came?.step, returned?.step, PACE.steps - 1]);
    expect(visited).toContain((left?.step ?? 0) - 1);
    // It may have begun on the next step's gradient when it was told that this is the border.
    expect(visited.at(-1)).toBeLessThanOrEqual(left?.step ?? 0);
  });

  test('takes every example of the epoch exactly once', () => {
    const { formed } = logOf(FIRST);
    const lastBatches = new Map(PODS.map((pod) => [pod, lastBatchesOf(pod)]));
    const times = new Uint8Array(stepOf.length);
    for (let step = 0; step < PACE.steps; step += 1) {
      // A step at whose begin the membership changes is begun by the old members, and done by the new ones.
      const generation = formed.findLastIndex((one) => one.step <= step);
      for (const pod of MEMBERS[generation] ?? []) {
        const examples = lastBatches.get(pod)?.get(step) ?? [];
        for (const example of examples) times[example] = (times[example] ?? 0) + 1;
      }
    }
    expect([...times.entries()].filter(([, count]) => count !== 1)).toEqual([]);
  });
});
