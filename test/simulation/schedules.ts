import type { Action, Fault, Phase, Schedule } from './schedule.ts';
import { FRAME_HEADER_BYTES } from '../../trainer/wire/frame.ts';
import { PHASES, STEPS } from './schedule.ts';

/** The classes of faults, as in docs/reliability.md. */
export interface Group {
  readonly id: string;
  readonly about: string;
  readonly schedules: readonly Schedule[];
}

const RANKS = [0, 1, 2] as const;
const PAIRS = [
  [0, 1],
  [1, 0],
  [1, 2],
  [2, 1],
  [0, 2],
  [2, 0],
] as const;
/** The first, one within, and the last. */
const SOME_STEPS = [0, 3, STEPS - 1] as const;
const MIDDLE = 3;
/** Longer than peers wait for a sign of life (4 s). */
const LONG_MS = 6_000;
const SHORT_MS = 1_500;

function three(...faults: readonly Fault[]): Schedule {
  return { replicas: 3, faults };
}

function at(rank: number, step: number, phase: Phase, action: Action): Fault {
  return { rank, step, phase, action };
}

/** Of every rank's next attempt from the second on. */
function again(rank: number, phase: Phase, action: Action = { kind: 'kill' }): Fault {
  return { rank, step: 0, phase, fromAttempt: 2, action };
}

const kill: Action = { kind: 'kill' };

const deaths: readonly Schedule[] = [
  ...SOME_STEPS.flatMap((step) =>
    PHASES.flatMap((phase) => RANKS.map((rank) => three(at(rank, step, phase, kill)))),
  ),
  ...RANKS.map((rank) => three(at(rank, STEPS, 'finish', kill))),
  ...PHASES.flatMap((phase) =>
    [0, 1].map((rank) => ({ replicas: 2, faults: [at(rank, MIDDLE, phase, kill)] })),
  ),
  ...PHASES.map((phase) => ({ replicas: 4, faults: [at(3, MIDDLE, phase, kill)] })),
];

const severalDeaths: readonly Schedule[] = [
  ...PHASES.flatMap((phase) =>
    PAIRS.map(([one, other]) => three(at(one, MIDDLE, phase, kill), at(other, MIDDLE, 'gradient', kill))),
  ),
  // While the first one's replacement joins, or copies a state.
  ...PAIRS.flatMap(([one, other]) => [
    three(at(one, MIDDLE, 'push', kill), again(one, 'forming'), at(other, MIDDLE + 1, 'push', kill)),
    three(at(one, MIDDLE, 'pull', kill), again(one, 'copying')),
    three(at(one, MIDDLE, 'staged', kill), at(other, MIDDLE + 1, 'staged', kill), again(other, 'copying')),
  ]),
  ...RANKS.map((rank) =>
    three(at(rank, 1, 'push', kill), again(rank, 'forming'), { ...again(rank, 'forming'), fromAttempt: 3 }),
  ),
  ...RANKS.map((rank) => three(...SOME_STEPS.map((step) => at(rank, step, 'pull', kill)))),
  ...PHASES.map((phase) => three(at(1, MIDDLE, phase, { kind: 'kill all' }))),
];

const strangers: readonly Schedule[] = [
  ...PHASES.flatMap((phase) => [1, 2].map((rank) => three(at(rank, MIDDLE, phase, { kind: 'double' })))),
  ...[1, 2].map((rank) =>
    three(at(rank, 1, 'push', kill), { ...again(rank, 'copying', { kind: 'double' }) }),
  ),
  ...[1, 2].flatMap((rank) =>
    PHASES.map((phase) =>
      three(at(rank, 1, 'push', kill), {
        ...at(rank, MIDDLE, phase, { kind: 'old attempt' }),
        fromAttempt: 2,
      }),
    ),
  ),
  ...[1, 2].map((rank) => three(at(rank, MIDDLE, 'push', { kind: 'kill; next has another model' }))),
];

const links: readonly Schedule[] = PHASES.flatMap((phase) =>
  (
    [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const
  ).flatMap(([rank, peer]) => [
    three(at(rank, MIDDLE, phase, { kind: 'cut', peer })),
    three(at(rank, MIDDLE, phase, { kind: 'block', peer, forMs: SHORT_MS })),
    three(at(rank, MIDDLE, phase, { kind: 'block', peer, forMs: LONG_MS })),
    three(at(rank, MIDDLE, phase, { kind: 'slow', peer, extraMs: 150, forMs: LONG_MS })),
  ]),
);

const pauses: readonly Schedule[] = PHASES.flatMap((phase) =>
  RANKS.flatMap((rank) => [
    three(at(rank, MIDDLE, phase, { kind: 'stop', forMs: SHORT_MS })),
    three(at(rank, MIDDLE, phase, { kind: 'stop', forMs: LONG_MS })),
    three(at(rank, MIDDLE, phase, { kind: 'freeze' })),
  ]),
);

/** One bit of each byte of a frame's header, and some of the payload. */
const BITS = [
  ...Array.from({ length: FRAME_HEADER_BYTES }, (_, byte) => 8 * byte + (byte % 8)),
  8 * (FRAME_HEADER_BYTES + 5) + 1,
  8 * (FRAME_HEADER_BYTES + 33) + 6,
];

const messages: readonly Schedule[] = [
  ...BITS.map((bit) => three(at(1, MIDDLE, 'encode', { kind: 'turn a bit', peer: 2, bit }))),
  ...PAIRS.flatMap(([rank, peer]) => [
    three(at(rank, MIDDLE, 'encode', { kind: 'send twice', peer })),
    three(at(rank, MIDDLE, 'encode', { kind: 'replay', peer })),
    three(at(rank, MIDDLE, 'encode', { kind: 'lose', peer })),
    three(at(rank, MIDDLE, 'encode', { kind: 'cut a message short', peer })),
    three(at(rank, MIDDLE, 'push', { kind: 'turn a bit', peer, bit: 8 * 50 })),
  ]),
];

const flip: Action = { kind: 'flip a weight', bit: 30 };

const flips: readonly Schedule[] = [
  ...RANKS.flatMap((rank) =>
    [0, 7, 31, 1234].map((bit) => three(at(rank, MIDDLE, 'gradient', { kind: 'flip a weight', bit }))),
  ),
  // After the last update nothing reads the weights any more but the hash of the end.
  ...RANKS.map((rank) => three(at(rank, STEPS, 'gradient', flip))),
  // The state that a replacement would copy.
  ...PAIRS.map(([one, other]) => three(at(one, MIDDLE, 'barrier', flip), at(other, MIDDLE, 'barrier', kill))),
];

const leaving: readonly Schedule[] = [
  ...PHASES.flatMap((phase) => RANKS.map((rank) => three(at(rank, MIDDLE, phase, { kind: 'ask to leave' })))),
  ...PAIRS.map(([one, other]) =>
    three(at(one, MIDDLE, 'encode', { kind: 'ask to leave' }), at(other, MIDDLE, 'push', kill)),
  ),
];

const checkpoints: readonly Schedule[] = [
  ...PHASES.flatMap((phase) =>
    [1, 2, 4].map((checkpointEverySteps) => ({
      replicas: 3,
      checkpointEverySteps,
      faults: [at(0, MIDDLE, phase, { kind: 'kill all' } as const)],
    })),
  ),
  // Rank 0's own checkpoint is older than what the survivors have.
  ...PHASES.map((phase) => ({ replicas: 3, checkpointEverySteps: 4, faults: [at(0, MIDDLE, phase, kill)] })),
];

const elastic = { minReplicas: 2, maxReplicas: 4, graceSeconds: 1 };

const sizes: readonly Schedule[] = [
  ...PHASES.flatMap((phase) =>
    RANKS.map((rank) => ({ replicas: 3, elastic, faults: [at(rank, 1, phase, kill)] })),
  ),
  ...PHASES.flatMap((phase) =>
    [2, 4].map((to) => ({ replicas: 3, elastic, faults: [at(1, 1, phase, { kind: 'scale', to } as const)] })),
  ),
  ...RANKS.map((rank) => ({
    replicas: 3,
    elastic,
    faults: [at(1, 0, 'push', { kind: 'scale', to: 4 }), at(rank, 3, 'pull', kill)],
  })),
  ...RANKS.map((rank) => ({
    replicas: 3,
    elastic,
    faults: [at(rank, 1, 'push', kill), at(2, 3, 'push', { kind: 'scale', to: 4 })],
  })).filter(({ faults: [first] }) => first?.rank !== 2),
  {
    replicas: 4,
    elastic,
    faults: [at(0, 1, 'push', { kind: 'scale', to: 2 }), at(0, 3, 'push', { kind: 'scale', to: 4 })],
  },
];

/** The second step is the first that leaves ahead of its barrier. */
const AHEAD_STEPS = [1, MIDDLE, STEPS - 1] as const;

const ahead: readonly Schedule[] = [
  { replicas: 3, faults: [] },
  ...AHEAD_STEPS.flatMap((step) =>
    PHASES.flatMap((phase) => RANKS.map((rank) => three(at(rank, step, phase, kill)))),
  ),
  ...PHASES.flatMap((phase) => [
    three(at(1, MIDDLE, phase, { kind: 'stop', forMs: SHORT_MS })),
    three(at(2, MIDDLE, phase, { kind: 'freeze' })),
    three(at(1, MIDDLE, phase, { kind: 'slow', peer: 2, extraMs: 150, forMs: LONG_MS })),
    three(at(0, MIDDLE, phase, { kind: 'block', peer: 1, forMs: LONG_MS })),
    three(at(1, MIDDLE, phase, { kind: 'ask to leave' })),
  ]),
  ...PAIRS.flatMap(([rank, peer]) => [
    three(at(rank, MIDDLE, 'gradient', { kind: 'send twice', peer })),
    three(at(rank, MIDDLE, 'gradient', { kind: 'replay', peer })),
    three(at(rank, MIDDLE, 'gradient', { kind: 'lose', peer })),
  ]),
  ...RANKS.map((rank) => three(at(rank, MIDDLE, 'gradient', flip))),
  ...PHASES.map((phase) => ({
    replicas: 3,
    checkpointEverySteps: 2,
    faults: [at(0, MIDDLE, phase, { kind: 'kill all' } as const)],
  })),
  ...PHASES.flatMap((phase) =>
    [2, 4].map((to) => ({ replicas: 3, elastic, faults: [at(1, 1, phase, { kind: 'scale', to } as const)] })),
  ),
].map((schedule) => ({ ...schedule, ahead: true }));

export const GROUPS: readonly Group[] = [
  { id: 'T1', about: 'one worker dies, in every phase', schedules: deaths },
  { id: 'T2', about: 'several die, also while another heals', schedules: severalDeaths },
  { id: 'T3, T4, T11', about: 'doubles, older attempts, another model', schedules: strangers },
  { id: 'T5, T6', about: 'links break, stand still or are slow', schedules: links },
  { id: 'T7, T8', about: 'a worker stands still for a while or for good', schedules: pauses },
  { id: 'T9, T10', about: 'messages spoiled, twice, again, lost', schedules: messages },
  { id: 'T15', about: 'a bit of the weights flips in memory', schedules: flips },
  { id: 'P5', about: 'a worker is asked to leave', schedules: leaving },
  { id: 'T16', about: 'all start again from a checkpoint', schedules: checkpoints },
  { id: 'T17', about: 'the number of workers changes', schedules: sizes },
  { id: 'ahead', about: 'gradients leave ahead of the barrier', schedules: ahead },
];
