/** One generation as a worker's log tells of it. */
export interface Formed {
  readonly generation: number;
  /** The next step to be done: all before are done by all. */
  readonly step: number;
}

/** The workers of a job, and whoever starts them again when they end. */
export interface Crew {
  /** Of all workers so far. */
  readonly log: string;
  /** Every living worker process. */
  readonly living: readonly { readonly rank: number; readonly attempt: number }[];
  /** Nobody is left who could go on. */
  readonly isOver: boolean;
  /** To the newest attempt of a rank. */
  signal(rank: number, name: NodeJS.Signals): void;
  /**
   * Waits for the end of the job, after which no process and no file may be left.
   * @throws Error when the job has not succeeded.
   * @returns the hash of the final weights, of every rank.
   */
  ended(): Promise<readonly (string | null | undefined)[]>;
}

const FORMED = [
  // As a worker writes it, and as `terngrad run` shows it.
  /"generation":(\d+),"workers":\d+,"step":(\d+),"msg":"all workers are connected"/g,
  /all workers are connected\s+generation=(\d+) workers=\d+ step=(\d+)/g,
];

/** All generations so far, each once, in order. */
export function formedIn(log: string): readonly Formed[] {
  const steps = new Map<number, number>();
  for (const pattern of FORMED) {
    for (const [, generation, step] of log.matchAll(pattern)) steps.set(Number(generation), Number(step));
  }
  return [...steps]
    .map(([generation, step]) => ({ generation, step }))
    .toSorted((one, other) => one.generation - other.generation);
}

export function newestAttempts({ living }: Crew): ReadonlyMap<number, number> {
  const newest = new Map<number, number>();
  for (const { rank, attempt } of living) newest.set(rank, Math.max(attempt, newest.get(rank) ?? 0));
  return newest;
}
