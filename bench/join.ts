import { setTimeout as sleep } from 'node:timers/promises';
import type { TernGradJob } from '../crds/index.ts';
import { median } from '../trainer/step/figures.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';
import { LOOK_EVERY_MS, watchRun, type Look, type WatchedRun } from './watched-run.ts';

export interface JoinBenchOptions {
  readonly rounds: number;
  readonly backend: string;
  readonly output: 'table' | 'json';
}

type BackendChoice = NonNullable<TernGradJob['spec']['workers']>['backend'];

interface Change {
  readonly what: 'one joins' | 'one leaves';
  /** The longest time from one confirmed step to the next, of those across the border of the generations and just after it. */
  readonly longestMs: number;
  /** Of the members' steps before and after, means. */
  readonly stepBeforeMs: number;
  readonly stepAfterMs: number;
}

/** Steps on either side of the border that the means are taken of. */
const STEPS_BESIDE = 40;
/** Steps of the new generation that may still pay for its begin. */
const FIRST_STEPS = 4;
const PATIENCE_MS = 120_000;

/**
 * What a worker that joins costs those who train: LeNet on this computer, one worker, a second one joins and leaves. The
 * longest step at the border of the generations is set beside those before it, while the joiner starts and follows on
 * the other core, and after it.
 */
export async function benchJoin(options: JoinBenchOptions): Promise<void> {
  const machine = describeMachine();
  const changes: Change[] = [];
  await watchRun(lenetJob(options), async (run) => {
    await run.untilTraining(0);
    for (let round = 0; round < options.rounds; round++) {
      for (const [replicas, what] of [
        [2, 'one joins'],
        [1, 'one leaves'],
      ] as const) {
        await run.scale(replicas);
        const change = { what, ...(await acrossBorder(run)) };
        changes.push(change);
        console.error(`round ${round + 1}: ${what}, ${change.longestMs.toFixed(0)} ms`);
      }
    }
  });
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, ...options, changes }));
    return;
  }
  console.log(machineLine(machine));
  console.log('LeNet 1.256M, batch 64, 1 and 2 workers; from one confirmed step to the next, ms\n');
  console.log(
    formatTable(
      ['change', 'times', 'longest at the border', 'min', 'max', 'step before', 'step after'],
      (['one joins', 'one leaves'] as const).map((what) => {
        const own = changes.filter((change) => change.what === what);
        const longest = own.map(({ longestMs }) => longestMs);
        return [
          what,
          String(own.length),
          ...[
            median(longest),
            Math.min(...longest),
            Math.max(...longest),
            median(own.map(({ stepBeforeMs }) => stepBeforeMs)),
            median(own.map(({ stepAfterMs }) => stepAfterMs)),
          ].map((ms) => ms.toFixed(0)),
        ];
      }),
    ),
  );
}

/** Follows rank 0 until a new generation has done its steps. */
async function acrossBorder(run: WatchedRun): Promise<Omit<Change, 'what'>> {
  const deadline = Date.now() + PATIENCE_MS;
  const before: Look[] = [];
  const after: Look[] = [];
  while (after.length <= STEPS_BESIDE) {
    if (Date.now() > deadline)
      throw new Error(`no new generation has done ${STEPS_BESIDE} steps within ${PATIENCE_MS / 1000} s`);
    await sleep(LOOK_EVERY_MS);
    const look = await run.look(0);
    const newest = after.at(-1) ?? before.at(-1);
    if (look === undefined || look.confirmedMs === newest?.confirmedMs) continue;
    const isNew = before[0] !== undefined && look.generation !== before[0].generation;
    (isNew ? after : before).push(look);
  }
  const usualMs = stepMs(after);
  const border = [...before.slice(-1), ...after.slice(0, FIRST_STEPS)];
  const gaps = border.slice(1).map((look, index) => {
    const earlier = border[index] as Look;
    // Several steps may lie between two looks.
    return look.confirmedMs - earlier.confirmedMs - (look.steps - earlier.steps - 1) * usualMs;
  });
  return {
    longestMs: Math.max(...gaps),
    stepBeforeMs: stepMs(before.slice(-STEPS_BESIDE)),
    stepAfterMs: usualMs,
  };
}

/** Mean over these looks, which may be some steps apart. */
function stepMs(looks: readonly Look[]): number {
  const [first, last] = [looks[0] as Look, looks.at(-1) as Look];
  return (last.confirmedMs - first.confirmedMs) / (last.steps - first.steps);
}

function lenetJob({ backend }: JoinBenchOptions): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: 'bench-join' },
    spec: {
      workers: {
        replicas: 1,
        backend: backend as BackendChoice,
        elastic: { minReplicas: 1, maxReplicas: 2, graceSeconds: 5 },
      },
      program: { name: 'lenet' },
      data: { name: 'mnist' },
      training: { steps: 1_000_000, batchSize: 64 },
    },
  };
}
