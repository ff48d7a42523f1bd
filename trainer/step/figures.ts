import type { PhaseTimes } from './messages.ts';

/** Median milliseconds by phase over the remembered steps. */
export interface StepMedians extends PhaseTimes {
  /** Median of whole steps. */
  readonly total: number;
  /** Median of (whole step minus the slowest member's compute): what the exchange adds to a step. */
  readonly beyondCompute: number;
}

export interface StepFigure {
  readonly phases: PhaseTimes;
  /** The whole job's examples in this step. */
  readonly samples: number;
  readonly meanLoss: number;
  /** Longest compute phase of any member: what no exchange can make shorter. */
  readonly slowestComputeMs: number;
  /** From the start of this step's compute to the start of the next one's. */
  readonly totalMs: number;
}

/** What is remembered of the past: enough for medians, bounded whatever the length of the run. */
const REMEMBERED_STEPS = 4096;
/** The reported loss is a mean over this many steps: single batches are too noisy to read. */
const LOSS_WINDOW_STEPS = 50;

/** Running figures over the confirmed steps of one worker. */
export class Figures {
  #steps = 0;
  #samples = 0;
  #totalMs = 0;
  readonly #recent: StepFigure[] = [];

  add(figure: StepFigure): void {
    this.#recent[this.#steps % REMEMBERED_STEPS] = figure;
    this.#steps += 1;
    this.#samples += figure.samples;
    this.#totalMs += figure.totalMs;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Mean training loss over the last steps; undefined before the first. */
  get loss(): number | undefined {
    const last = this.#last(LOSS_WINDOW_STEPS);
    return last.length === 0 ? undefined : mean(last.map((figure) => figure.meanLoss));
  }

  /** Examples per second of the whole job, over the whole run. */
  get samplesPerSecond(): number {
    return this.#totalMs === 0 ? 0 : (this.#samples * 1000) / this.#totalMs;
  }

  get stepMs(): StepMedians | undefined {
    if (this.#steps === 0) return undefined;
    const of = (read: (figure: StepFigure) => number): number => round(median(this.#recent.map(read)));
    return {
      total: of((figure) => figure.totalMs),
      compute: of((figure) => figure.phases.compute),
      encode: of((figure) => figure.phases.encode),
      barrier: of((figure) => figure.phases.barrier),
      push: of((figure) => figure.phases.push),
      pull: of((figure) => figure.phases.pull),
      apply: of((figure) => figure.phases.apply),
      beyondCompute: of((figure) => figure.totalMs - figure.slowestComputeMs),
    };
  }

  #last(count: number): StepFigure[] {
    const available = Math.min(count, this.#recent.length);
    return Array.from({ length: available }, (_, back) => {
      const at = (this.#steps - 1 - back + REMEMBERED_STEPS) % REMEMBERED_STEPS;
      return this.#recent[at] as StepFigure;
    });
  }
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Thousandths of a millisecond are below what the clock means. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
