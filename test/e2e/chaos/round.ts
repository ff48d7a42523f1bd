import { oneOf, randomOf } from '../../control-plane/random.ts';

export const RANKS = [0, 1, 2] as const;

/** What strikes, and whom. */
export type Fault =
  | { readonly kind: 'operatorKilled' | 'kubeletRestarted' }
  | { readonly kind: 'workerKilled' | 'containerEnded' | 'podDeleted'; readonly rank: number };

export interface Round {
  /** From 1. */
  readonly number: number;
  readonly fault: Fault;
  /** Waited before it strikes, so that it strikes at any moment of a step. */
  readonly delayMs: number;
}

const MOST_DELAY_MS = 1000;

/** Each of these before any comes again. */
const DECK = [
  'operatorKilled',
  'workerKilled',
  'rank0Killed',
  'containerEnded',
  'kubeletRestarted',
  'podDeleted',
] as const;

/** The same rounds for the same seed. */
export function roundsOf(seed: number, count: number): readonly Round[] {
  const random = randomOf(seed, 'cluster');
  let deck: (typeof DECK)[number][] = [];
  return Array.from({ length: count }, (_, index) => {
    if (deck.length === 0) deck = [...DECK];
    const kind = oneOf(deck, random);
    deck = deck.filter((other) => other !== kind);
    const fault = faultOf(kind, oneOf(RANKS, random), oneOf(RANKS.slice(1), random));
    return { number: index + 1, fault, delayMs: Math.floor(random() * MOST_DELAY_MS) };
  });
}

export function titleOf(fault: Fault): string {
  switch (fault.kind) {
    case 'operatorKilled':
      return 'SIGKILL of the operator';
    case 'kubeletRestarted':
      return 'SIGKILL of the kubelet, which is started again';
    case 'workerKilled':
      return `SIGKILL of rank ${fault.rank}`;
    case 'containerEnded':
      return `the container of rank ${fault.rank} is ended through containerd`;
    case 'podDeleted':
      return `the pod of rank ${fault.rank} is deleted`;
  }
}

/** Who must have another pod afterwards; all others keep theirs. */
export function struckRank(fault: Fault): number | undefined {
  return 'rank' in fault ? fault.rank : undefined;
}

/** Whether the job counts it as a failure. */
export function isCounted({ kind }: Fault): boolean {
  return kind === 'workerKilled' || kind === 'containerEnded';
}

function faultOf(kind: (typeof DECK)[number], anyRank: number, rankBeyond0: number): Fault {
  switch (kind) {
    case 'operatorKilled':
    case 'kubeletRestarted':
      return { kind };
    case 'rank0Killed':
      return { kind: 'workerKilled', rank: 0 };
    case 'workerKilled':
      return { kind, rank: rankBeyond0 };
    case 'containerEnded':
    case 'podDeleted':
      return { kind, rank: anyRank };
  }
}
