import type { ModelRuntime } from '../compute/model-runtime.ts';

/** Of a model runtime: its weights that no gradient changes, such as the moving averages of batch norm. */
export type NonTrainableWeights = Pick<
  ModelRuntime,
  'nonTrainableValues' | 'exportNonTrainable' | 'importNonTrainable'
>;

/**
 * Most values that fit in a barrier: as doubles half of the longest control message (`exchange/endpoint.ts`), the rest
 * is for scalers. Batch-norm statistics of ResNet-152 are 151,000 values; frozen weights may be more.
 */
export const MOST_AVERAGED_VALUES = 2 ** 18;

/**
 * Non-trainable weights go their own way on each member, which sees only its slices of the data. To evaluate, members
 * take the mean of all, so that they evaluate one model; then each goes on with its own. Training so does not depend
 * on when it is evaluated.
 */
export class AveragedNonTrainable {
  readonly #weights: NonTrainableWeights;
  readonly #own: Float32Array;
  #mean: Float32Array | undefined;

  constructor(weights: NonTrainableWeights) {
    this.#weights = weights;
    this.#own = new Float32Array(weights.nonTrainableValues);
  }

  /** What this member gives to the mean; `undefined` when there is nothing, or too much for a barrier. */
  contribution(): Float32Array | undefined {
    const count = this.#own.length;
    if (count === 0 || count > MOST_AVERAGED_VALUES) return undefined;
    this.#weights.exportNonTrainable(this.#own);
    return this.#own;
  }

  /** The mean over all members, from the barrier before an evaluation. */
  agree(mean: Float32Array | undefined): void {
    this.#mean = mean;
  }

  /** Runs an evaluation on the agreed mean; without one, on the member's own weights. */
  during<Result>(evaluate: () => Result): Result {
    if (this.#mean === undefined) return evaluate();
    this.#weights.exportNonTrainable(this.#own);
    this.#weights.importNonTrainable(this.#mean);
    try {
      return evaluate();
    } finally {
      this.#weights.importNonTrainable(this.#own);
    }
  }
}
