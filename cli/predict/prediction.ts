import type { StepCosts } from '../../trainer/predict/costs.ts';
import { breakEven, type BreakEven } from '../../trainer/predict/break-even.ts';
import type { Link } from '../../trainer/predict/link.ts';
import { predictStep, type PredictedStep } from '../../trainer/predict/predict-step.ts';
import type { MeasuredCoding } from './codec-time.ts';

/** What a prediction is made of: measured here, or given. */
export interface PredictionFacts {
  readonly costs: StepCosts;
  readonly codings: readonly MeasuredCoding[];
  readonly link: Link;
  readonly coresPerWorker: number;
  readonly examplesPerStep: (members: number) => number;
}

/** Of one number of workers. Plain JSON. */
export interface PredictedRow {
  readonly workers: number;
  readonly examplesPerStep: number;
  /** By coding; null where there cannot be so many workers. */
  readonly steps: Readonly<Record<string, PredictedStep | null>>;
  readonly fastest: string;
  /** The fastest ternary coding's step in those of the others: how many times as fast it is. */
  readonly ternary: {
    readonly coding: string;
    readonly overFloat32: number;
    readonly overFloat16: number;
  } | null;
  /** Link rates up to which the fastest ternary coding is ahead of float16. */
  readonly paysUpTo: BreakEven | null;
}

export function predictRow(facts: PredictionFacts, workers: number): PredictedRow {
  const { codings, link } = facts;
  const examplesPerStep = facts.examplesPerStep(workers);
  const at = (coding: MeasuredCoding, linkThere: Link): PredictedStep | undefined => {
    const chunks = coding.chunks(workers);
    return (
      chunks &&
      predictStep(facts.costs, coding.costs(workers), chunks, {
        members: workers,
        examplesPerStep,
        link: linkThere,
        coresPerWorker: facts.coresPerWorker,
      })
    );
  };
  const possible = codings.flatMap((coding) => {
    const step = at(coding, link);
    return step === undefined ? [] : [{ coding, step }];
  });
  const fastestOf = (some: typeof possible) =>
    some.toSorted((one, other) => one.step.totalMs - other.step.totalMs)[0];
  const byName = (name: string) => possible.find(({ coding }) => coding.name === name);
  const ternary = fastestOf(possible.filter(({ coding }) => coding.codec === 'ternary'));
  const [float32, float16] = [byName('float32'), byName('float16')];
  const isComparable = ternary !== undefined && float32 !== undefined && float16 !== undefined;
  const totalAt = (coding: MeasuredCoding) => (bitsPerSecond: number) =>
    at(coding, { ...link, bitsPerSecond })?.totalMs ?? Number.NaN;
  return {
    workers,
    examplesPerStep,
    steps: Object.fromEntries(codings.map((coding) => [coding.name, byName(coding.name)?.step ?? null])),
    fastest: fastestOf(possible)?.coding.name ?? '-',
    ternary: isComparable
      ? {
          coding: ternary.coding.name,
          overFloat32: float32.step.totalMs / ternary.step.totalMs,
          overFloat16: float16.step.totalMs / ternary.step.totalMs,
        }
      : null,
    paysUpTo:
      isComparable && workers > 1 ? breakEven(totalAt(ternary.coding), totalAt(float16.coding)) : null,
  };
}
