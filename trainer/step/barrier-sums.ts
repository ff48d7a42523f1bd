import type { EvaluationSums } from './messages.ts';

/**
 * What the barrier adds up over members, in one vector of doubles; empty where there is nothing to add.
 *
 * | place | what                                                                                    |
 * | ----- | --------------------------------------------------------------------------------------- |
 * | 0     | loss sum of the evaluation                                                              |
 * | 1     | right answers; NaN of a program without a notion of one, which stays NaN in the sum     |
 * | 2     | test examples; 0: nobody evaluated at this barrier                                      |
 * | 3...  | non-trainable values of the model, on the barrier before an evaluation                  |
 */
const EVALUATION_FIGURES = 3;

export interface MemberSums {
  readonly evaluation?: EvaluationSums | undefined;
  readonly nonTrainable?: Float32Array | undefined;
}

export function packSums({ evaluation, nonTrainable }: MemberSums): readonly number[] {
  if (evaluation === undefined && nonTrainable === undefined) return [];
  const { lossSum, correct = Number.NaN, examples } = evaluation ?? { lossSum: 0, correct: 0, examples: 0 };
  return [lossSum, correct, examples, ...(nonTrainable ?? [])];
}

export interface AddedSums {
  readonly evaluation: EvaluationSums | undefined;
  /** Mean over the members. */
  readonly nonTrainable: Float32Array | undefined;
}

export function unpackSums(sums: readonly number[], members: number): AddedSums {
  const [lossSum = 0, correct = 0, examples = 0] = sums;
  return {
    evaluation:
      examples > 0 ? { lossSum, correct: Number.isNaN(correct) ? undefined : correct, examples } : undefined,
    nonTrainable:
      sums.length > EVALUATION_FIGURES
        ? Float32Array.from(sums.slice(EVALUATION_FIGURES), (sum) => sum / members)
        : undefined,
  };
}
