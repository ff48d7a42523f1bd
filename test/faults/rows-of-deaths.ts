import { until } from '../local-run/until.ts';
import { newestAttempts } from './crew.ts';
import { RANKS, STEPS_PER_ROW } from './paced-job.ts';
import type { Row, Stage } from './row.ts';

const PAUSE = 'replaced; copies the state of a survivor; no step is lost';

/** The death of workers whose phase the program itself can tell, so that they may be anybody's children. */
export const rowsOfDeaths: readonly Row[] = [
  ...RANKS.map((rank) => inBatch(`T1-batch-${rank}`, [rank])),
  ...RANKS.map(inEvaluation),
  inBatch('T2-two-12', [1, 2]),
  inBatch('T2-two-01', [0, 1]),
  whileAnotherHeals('T2-healing-12', 1, 2),
  whileAnotherHeals('T2-healing-20', 2, 0),
  whileAnotherHeals('T2-healing-01', 0, 1),
  twice('T2-twice-1', 1),
  {
    id: 'T8-frozen-2',
    fault: 'SIGSTOP, and nobody wakes it',
    rank: '2',
    phase: 'in its batch',
    expected: 'named as lost; suspected by rank 0; killed and replaced by `terngrad run`',
    replaced: [2],
    endsGeneration: true,
    async act({ crew, go }) {
      crew.signal(2, 'SIGSTOP');
      go();
    },
  },
  // The last one: generations are counted anew after it.
  {
    ...inBatch('T2-all', RANKS),
    expected: 'no state is left and there is no checkpoint: training starts from step 0',
    stepsLost: Infinity,
  },
];

function inBatch(id: string, ranks: readonly number[]): Row {
  return {
    id,
    fault: 'SIGKILL',
    rank: ranks.join(', '),
    phase: 'in its batch, before its push',
    expected: PAUSE,
    replaced: ranks,
    endsGeneration: true,
    async act({ crew, go }) {
      for (const rank of ranks) crew.signal(rank, 'SIGKILL');
      go();
    },
  };
}

function inEvaluation(rank: number): Row {
  return {
    id: `T1-evaluation-${rank}`,
    fault: 'SIGKILL',
    rank: String(rank),
    phase: 'in the evaluation on the test set',
    expected: PAUSE,
    replaced: [rank],
    endsGeneration: true,
    async act({ crew, gates, step, go, untilAt }) {
      const gate = `test-${step + STEPS_PER_ROW / 2}` as const;
      gates.close(gate);
      go();
      await untilAt(gate, RANKS);
      crew.signal(rank, 'SIGKILL');
      gates.open(gate);
    },
  };
}

function whileAnotherHeals(id: string, first: number, second: number): Row {
  return {
    id,
    fault: `SIGKILL of rank ${second} while rank ${first} starts anew`,
    rank: `${first}, ${second}`,
    phase: 'in formation',
    expected: PAUSE,
    replaced: [first, second],
    endsGeneration: true,
    async act({ crew, go }) {
      const known = newestAttempts(crew).get(first) ?? 0;
      crew.signal(first, 'SIGKILL');
      go();
      await until(`rank ${first} starts anew`, () => (newestAttempts(crew).get(first) ?? 0) > known);
      crew.signal(second, 'SIGKILL');
    },
  };
}

function twice(id: string, rank: number): Row {
  return {
    id,
    fault: 'SIGKILL, and again of the replacement as soon as it starts',
    rank: String(rank),
    phase: 'in formation',
    expected: PAUSE,
    replaced: [rank],
    endsGeneration: true,
    async act(stage: Stage) {
      const { crew, go } = stage;
      const known = newestAttempts(crew).get(rank) ?? 0;
      crew.signal(rank, 'SIGKILL');
      go();
      await until(`rank ${rank} starts anew`, () => (newestAttempts(crew).get(rank) ?? 0) > known);
      crew.signal(rank, 'SIGKILL');
    },
  };
}
