import { familyOf, type StepCodec } from './coding.ts';
import { median } from './figures.ts';

/**
 * `compression.codec: auto` and `compression.packing: auto`. The first steps of a job try what it can choose from one after the
 * other, on its own gradients, workers and network; the rest use what was chosen. No step is lost: each trains like any other.
 *
 * Everyone brings the stage it knows to each barrier, and the highest one is in force in that step. Only rank 0 goes to
 * a higher one, so all ranks use the same codec in the same step, and a rank 0 that is new goes on where the old one was.
 */
export const Stage = {
  unknown: 0,
  tried: (codec: StepCodec): number => 1 + IN_ORDER.indexOf(codec),
  chosen: (codec: StepCodec): number => 1 + IN_ORDER.length + IN_ORDER.indexOf(codec),
} as const;

/** In which they are tried. */
const IN_ORDER: readonly StepCodec[] = ['ternary', 'ternary-sparse', 'ternary-entropy', 'float16', 'float32'];
const FIRST_CHOSEN = 1 + IN_ORDER.length;
const LAST_STAGE = 2 * IN_ORDER.length;

function codecOfStage(stage: number): StepCodec {
  return IN_ORDER[(stage - 1) % IN_ORDER.length] ?? 'ternary';
}

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
/** Entropy coding must win so much of the step's time: it takes processor time from whatever else there is. */
const WORTH_CODING = 1.02;

export interface CodecTrialOptions {
  /** Of rank 0, the others follow. */
  readonly measures: boolean;
  /** What there is to choose from; see `codecsOf`. */
  readonly codecs: readonly StepCodec[];
  /** What an earlier run of this job has chosen: then nothing is tried. */
  readonly chosen?: StepCodec | undefined;
}

/** The choice on one worker. */
export class CodecTrial {
  #stage: number;
  readonly #measures: boolean;
  readonly #codecs: readonly StepCodec[];
  readonly #beyondMs = new Map<StepCodec, number[]>();
  readonly #computeMs: number[] = [];
  #toSkip = FIRST_WARM_UP_STEPS;
  #trialMs = 0;
  #choice: CodecChoice | undefined;

  constructor({ measures, codecs, chosen }: CodecTrialOptions) {
    this.#measures = measures;
    this.#codecs = IN_ORDER.filter((codec) => codecs.includes(codec));
    if (chosen !== undefined && codecs.includes(chosen)) this.#stage = Stage.chosen(chosen);
    else this.#stage = measures ? Stage.tried('ternary') : Stage.unknown;
  }

  /** What this worker brings to the next barrier. */
  get stage(): number {
    return this.#stage;
  }

  /** Once it is certain for the rest of the job. */
  get chosen(): StepCodec | undefined {
    return this.#stage >= FIRST_CHOSEN ? codecOfStage(this.#stage) : undefined;
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
    if (highest > this.#stage && highest <= LAST_STAGE) this.#enter(highest);
    return codecOfStage(this.#stage);
  }

  /** A step in the present stage has ended. */
  add({ totalMs, slowestComputeMs }: TriedStep): void {
    if (!this.#measures || this.chosen !== undefined) return;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return;
    }
    const codec = codecOfStage(this.#stage);
    const beyondMs = this.#beyondMs.get(codec) ?? [];
    this.#beyondMs.set(codec, beyondMs);
    beyondMs.push(totalMs - slowestComputeMs);
    this.#computeMs.push(slowestComputeMs);
    this.#trialMs += totalMs;
    const enough = this.#trialMs > LONGEST_TRIAL_MS ? LEAST_COUNTED_STEPS : COUNTED_STEPS;
    if (beyondMs.length >= enough) this.#next();
  }

  #next(): void {
    const tried = codecOfStage(this.#stage);
    const next = this.#codecs[this.#codecs.indexOf(tried) + 1];
    if (next === undefined || (next === 'float32' && this.#isHopeless())) this.#choose();
    else this.#enter(Stage.tried(next));
  }

  /** float32 has twice the bytes of float16. */
  #isHopeless(): boolean {
    const { float16, ...others } = this.#stepMs();
    // A rank 0 that took over in the midst may have no other step to compare with.
    return float16 !== undefined && float16 > HOPELESS * Math.min(...Object.values(others));
  }

  #choose(): void {
    this.#choice = chooseCodec(this.#stepMs());
    this.#enter(Stage.chosen(this.#choice.codec));
  }

  #enter(stage: number): void {
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

/** Of those that are equally exact the ones that take less of the processor first. */
const BY_EXACTNESS: readonly StepCodec[] = [
  'float32',
  'float16',
  'ternary',
  'ternary-sparse',
  'ternary-entropy',
];

/**
 * The most exact codec whose step takes at most 10 % longer than the fastest one's; among ternary ones, which decode to the
 * same, the fastest, unless another that codes less is as fast but for 2 %.
 */
export function chooseCodec(stepMs: CodecChoice['stepMs']): CodecChoice {
  const tried = BY_EXACTNESS.flatMap((codec) => {
    const ms = stepMs[codec];
    return ms === undefined ? [] : [{ codec, ms }];
  });
  const leastMs = Math.min(...tried.map(({ ms }) => ms));
  const taken = tried.find(
    ({ codec, ms }) => ms <= leastMs * (familyOf(codec) === 'ternary' ? WORTH_CODING : WORTH_EXACTNESS),
  );
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
