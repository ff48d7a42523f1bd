/** Where in a step a worker is when its fault strikes. */
export const PHASES = ['gradient', 'barrier', 'encode', 'push', 'pull', 'staged'] as const;
export type Phase =
  | (typeof PHASES)[number]
  /** With its final hash on its way. */
  | 'finish'
  /** It asks to join a generation. */
  | 'forming'
  /** A part of a peer's state is on its way to it. */
  | 'copying';

/** The first time that this rank, in this attempt or a later one, is there. */
export interface Moment {
  readonly rank: number;
  readonly step: number;
  readonly phase: Phase;
  /** Default: 1. */
  readonly fromAttempt?: number;
}

/** What happens to the next bulk message to the peer. */
export type MessageAction =
  /** One bit of it is turned. */
  | { readonly kind: 'turn a bit'; readonly peer: number; readonly bit: number }
  | { readonly kind: 'send twice'; readonly peer: number }
  /** It never comes, and then its connection ends. */
  | { readonly kind: 'lose'; readonly peer: number }
  /** The one before comes once more with it. */
  | { readonly kind: 'replay'; readonly peer: number }
  | { readonly kind: 'cut a message short'; readonly peer: number };

/** `rank` is the moment's. */
export type Action =
  | { readonly kind: 'kill' }
  | { readonly kind: 'kill all' }
  /** SIGTERM. */
  | { readonly kind: 'ask to leave' }
  | { readonly kind: 'stop'; readonly forMs: number }
  /** Stopped for good, and nobody tells. */
  | { readonly kind: 'freeze' }
  | { readonly kind: 'cut'; readonly peer: number }
  | { readonly kind: 'block'; readonly peer: number; readonly forMs: number }
  | { readonly kind: 'slow'; readonly peer: number; readonly extraMs: number; readonly forMs: number }
  | MessageAction
  /** One bit of its weights in memory. */
  | { readonly kind: 'flip a weight'; readonly bit: number }
  /** A second process of the same rank and attempt. */
  | { readonly kind: 'double' }
  /** The attempt before, alive again; only after a kill. */
  | { readonly kind: 'old attempt' }
  /** Killed, and the next attempt has another model. */
  | { readonly kind: 'kill; next has another model' }
  | { readonly kind: 'scale'; readonly to: number };

export interface Fault extends Moment {
  readonly action: Action;
}

export interface Schedule {
  readonly replicas: number;
  readonly elastic?: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly graceSeconds: number;
  };
  readonly checkpointEverySteps?: number;
  /** Gradients leave ahead of the barrier (`scalerTiming: delayed`, `overlap`). */
  readonly ahead?: boolean;
  /** Nobody polls rank 0, tells it of attempts, or replaces anyone. */
  readonly isWithoutOperator?: boolean;
  readonly faults: readonly Fault[];
}

export const STEPS = 6;

/** One line, which is the row's name. */
export function describeSchedule(schedule: Schedule): string {
  const { replicas, elastic, checkpointEverySteps, ahead, isWithoutOperator = false, faults } = schedule;
  const job = [
    `${replicas} workers`,
    ...(elastic === undefined ? [] : [`elastic ${elastic.minReplicas}-${elastic.maxReplicas}`]),
    ...(ahead === true ? ['ahead'] : []),
    ...(checkpointEverySteps === undefined ? [] : [`checkpoint every ${checkpointEverySteps} steps`]),
    ...(isWithoutOperator ? ['without an operator'] : []),
  ];
  return `${job.join(', ')}: ${faults.map(describeFault).join('; ')}`;
}

function describeFault({ rank, step, phase, fromAttempt, action }: Fault): string {
  const { kind, ...details } = action;
  const words = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  const attempt = fromAttempt === undefined ? '' : ` attempt ${fromAttempt}`;
  return `${[kind, ...words].join(' ')} at rank ${rank}${attempt} step ${step} ${phase}`;
}
