import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../local-run/until.ts';
import type { LaunchedCrew } from './launched-crew.ts';
import { RANKS, STEPS_PER_ROW } from './paced-job.ts';
import type { Row, Stage } from './row.ts';

export const CHECKPOINTS = 'checkpoints';
export const STEPS_PER_CHECKPOINT = 2;

/** What becomes of a job that saves its state. */
export const rowsOfCheckpoints: readonly Row<Stage<LaunchedCrew>>[] = [
  {
    id: 'T16-rank-0',
    fault: 'SIGKILL',
    rank: '0',
    phase: 'in its batch, later than its newest checkpoint',
    expected: 'replaced; copies the state of a survivor, not that of its checkpoint; no step is lost',
    replaced: [0],
    endsGeneration: true,
    async act({ crew, go }) {
      crew.signal(0, 'SIGKILL');
      go();
    },
  },
  {
    id: 'T16-all',
    fault: 'SIGKILL',
    rank: RANKS.join(', '),
    phase: 'in the batch',
    expected: 'rank 0 reads the newest checkpoint, and the others copy it',
    replaced: RANKS,
    endsGeneration: true,
    stepsLost: STEPS_PER_ROW,
    async act({ crew, step, go }) {
      await savedSince(crew, step - STEPS_PER_ROW);
      killAll(crew);
      go();
    },
  },
  {
    id: 'T16-all-truncated',
    fault: 'SIGKILL, and half of the newest checkpoint is gone',
    rank: RANKS.join(', '),
    phase: 'in the batch',
    expected: 'the checkpoint is named and passed over for the one before it',
    replaced: RANKS,
    endsGeneration: true,
    stepsLost: STEPS_PER_ROW + STEPS_PER_CHECKPOINT,
    says: /a checkpoint cannot be used; an older one is taken/,
    async act({ crew, step, go }) {
      await savedSince(crew, step - STEPS_PER_ROW);
      killAll(crew);
      const newest = checkpointsOf(crew).at(-1);
      if (newest === undefined) throw new Error('there is no checkpoint');
      truncateSync(newest.file, statSync(newest.file).size >> 1);
      go();
    },
  },
];

function killAll(crew: LaunchedCrew): void {
  for (const rank of RANKS) crew.signal(rank, 'SIGKILL');
}

/** Two, so that there is one before the newest. */
function savedSince(crew: LaunchedCrew, step: number): Promise<void> {
  return until(
    `two checkpoints since step ${step} are written`,
    () => checkpointsOf(crew).filter((checkpoint) => checkpoint.step >= step).length >= 2,
    () => crew.log.slice(-4000),
  );
}

/** By step, the newest last. */
function checkpointsOf(crew: LaunchedCrew): readonly { readonly step: number; readonly file: string }[] {
  const folder = join(crew.folder, CHECKPOINTS);
  return readdirSync(folder)
    .flatMap((name) => {
      const step = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), file: join(folder, name) }];
    })
    .toSorted((one, other) => one.step - other.step);
}
