import type { StepCodec } from './coding.ts';
import { median } from './figures.ts';

/**
 * `compression.codec: auto`. The first steps of a job try the codecs one after the other, on its own gradients, workers
 * and network; the rest use the one that was chosen. No step is lost: each trains like any other.
 *
 * Everyone brings the stage it knows to each barrier, and the highest one is in force in that step. Only rank 0 goes to
 * a higher one, so all ranks use the same codec in the same step, and a rank 0 that is new goes on where the old one was.
 */
export const Stage = {
  unknown: 0,
  tryTernary: 1,
  tryFloat16: 2,
  tryFloat32: 3,
  ternary: 4,
  float16: 5,
  float32: 6,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

const CODEC_OF_STAGE: Readonly<Record<Stage, StepCodec>> = {
  [Stage.unknown]: 'ternary',
  [Stage.tryTernary]: 'ternary',
  [Stage.tryFloat16]: 'float16',
  [Stage.tryFloat32]: 'float32',
  [Stage.ternary]: 'ternary',
  [Stage.float16]: 'float16',
  [Stage.float32]: 'float32',
};

/** A step after its end, as rank 0 saw it. */
export interface TriedStep {
  readonly totalMs: number;
  readonly slowestComputeMs: number;
}

/** What was chosen, and the median step by codec that it was chosen by; a codec that was not tried has none. */
export interface CodecChoice {
  readonly codec: StepCodec;
  readonly stepMs: Partial<Readonly<Record<StepCodec, number>>>;
  /** In words. */
  readonly why: string;
}

/** Steps that do not count: the first of all is the slowest, and so is the first with larger messages. */
const FIRST_WARM_UP_STEPS = 3;
const WARM_UP_STEPS = 1;
const COUNTED_STEPS = 7;
/** On a slow network fewer have to do: no trial shall last much longer than this. */
const LONGEST_TRIAL_MS = 5_000;
const LEAST_COUNTED_STEPS = 2;
/** float32 has twice the bytes of float16, so it is not tried where float16 is already this much slower than ternary. */
const HOPELESS = 1.5;
/** A more exact codec is worth so much of the step's time: ternary gradients are noisy, and noise costs steps. */
const WORTH_EXACTNESS = 1.1;

/** The choice on one worker. Rank 0 measures, the others follow. */
export class CodecTrial {
  #stage: Stage;
  readonly #measures: boolean;
  readonly #beyondMs = new Map<StepCodec, number[]>();
  readonly #computeMs: number[] = [];
  #toSkip = FIRST_WARM_UP_STEPS;
  #trialMs = 0;
  #choice: CodecChoice | undefined;

  /** @param chosen what an earlier run of this job has chosen: then nothing is tried. */
  constructor(measures: boolean, chosen?: StepCodec) {
    this.#measures = measures;
    this.#stage = chosen === undefined ? (measures ? Stage.tryTernary : Stage.unknown) : Stage[chosen];
  }

  /** What this worker brings to the next barrier. */
  get stage(): Stage {
    return this.#stage;
  }

  /** Once it is certain for the rest of the job. */
  get chosen(): StepCodec | undefined {
    return this.#stage >= Stage.ternary ? CODEC_OF_STAGE[this.#stage] : undefined;
  }

  /** What the choice was made by; only on the rank 0 that made it. */
  get choice(): CodecChoice | undefined {
    return this.#choice;
  }

  /**
   * A barrier was passed.
   * @param highest stage that a member brought.
   * @returns what the step is sent as.
   */
  agreed(highest: number): StepCodec {
    if (highest > this.#stage && highest <= Stage.float32) this.#enter(highest as Stage);
    return CODEC_OF_STAGE[this.#stage];
  }

  /** A step in the present stage has ended. */
  add({ totalMs, slowestComputeMs }: TriedStep): void {
    if (!this.#measures || this.chosen !== undefined) return;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return;
    }
    const codec = CODEC_OF_STAGE[this.#stage];
    const beyondMs = this.#beyondMs.get(codec) ?? [];
    this.#beyondMs.set(codec, beyondMs);
    beyondMs.push(totalMs - slowestComputeMs);
    this.#computeMs.push(slowestComputeMs);
    this.#trialMs += totalMs;
    const enough = this.#trialMs > LONGEST_TRIAL_MS ? LEAST_COUNTED_STEPS : COUNTED_STEPS;
    if (beyondMs.length >= enough) this.#next();
  }

  #next(): void {
    const { ternary, float16 } = this.#stepMs();
    if (this.#stage === Stage.tryTernary) {
      this.#enter(Stage.tryFloat16);
      return;
    }
    // A rank 0 that took over in the midst has no ternary step to compare with.
    const isHopeless = ternary !== undefined && float16 !== undefined && float16 > HOPELESS * ternary;
    if (this.#stage === Stage.tryFloat16 && !isHopeless) this.#enter(Stage.tryFloat32);
    else this.#choose();
  }

  #choose(): void {
    this.#choice = chooseCodec(this.#stepMs());
    this.#enter(Stage[this.#choice.codec]);
  }

  #enter(stage: Stage): void {
    this.#stage = stage;
    this.#toSkip = WARM_UP_STEPS;
    this.#trialMs = 0;
  }

  /** Gradients take as long whatever they are sent as, so they count as one figure: their spread would hide the rest. */
  #stepMs(): CodecChoice['stepMs'] {
    const computeMs = median(this.#computeMs);
    return Object.fromEntries(
      [...this.#beyondMs].map(([codec, beyondMs]) => [codec, computeMs + median(beyondMs)]),
    );
  }
}

const BY_EXACTNESS: readonly StepCodec[] = ['float32', 'float16', 'ternary'];

/** The most exact codec whose step takes at most 10 % longer than the fastest one's. */
export function chooseCodec(stepMs: CodecChoice['stepMs']): CodecChoice {
  const tried = BY_EXACTNESS.flatMap((codec) => {
    const ms = stepMs[codec];
    return ms === undefined ? [] : [{ codec, ms }];
  });
  const leastMs = Math.min(...tried.map(({ ms }) => ms));
  const taken = tried.find(({ ms }) => ms <= leastMs * WORTH_EXACTNESS);
  if (taken === undefined) throw new RangeError('no codec was tried');
  const others = tried
    .filter(({ codec }) => codec !== taken.codec)
    .map(({ codec, ms }) => `${codec} ${(ms / taken.ms).toFixed(2)}x`);
  const compared = others.length === 0 ? 'no other was tried' : `its time is 1, ${others.join(', ')}`;
  return {
    codec: taken.codec,
    stepMs,
    why: `${taken.codec}: a step takes ${taken.ms.toFixed(1)} ms; ${compared}`,
  };
}
