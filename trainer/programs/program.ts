import type * as tfc from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { TensorFlow } from '../compute/tensorflow.ts';
import type { DataSource, LabelledArrays } from '../data/labelled.ts';
import type { Random } from '../data/random.ts';

/**
 * What a user writes: a model, its data, and, where softmax cross-entropy does not fit, a loss.
 *
 * A module at `program.path` exports this object (as `default` or as `program`), or a function that returns it.
 * It never imports TensorFlow.js: `tf` is handed in, because a second copy would not know the first one's tensors.
 * The built-in programs beside this file are written the same way; copy one to start.
 */
export interface Program {
  /** Shown in logs and status. */
  readonly name: string;

  /**
   * Builds the model. Its trainable weights, in order, are what the workers exchange.
   * All workers must start equal: initializers without a seed are given one derived from `context.seed` (through
   * `Math.random`), so leave `seed` out of layers. A dropout layer with a seed would draw the same mask every step.
   */
  createModel(context: ProgramContext): tfl.LayersModel | Promise<tfl.LayersModel>;

  /** The training and test examples; every worker loads all of them and takes its slice of each step. */
  loadData(context: ProgramContext): Dataset | Promise<Dataset>;

  /**
   * Mean loss over the batch, a scalar. Called inside `tf.tidy`, so temporaries need no care.
   * Default: softmax cross-entropy of the model's output (logits) against integer labels.
   * Leave weight decay out: `training.weightDecay` applies it on each worker, after the exchange.
   */
  loss?(tf: TensorFlow, model: tfl.LayersModel, batch: Batch, mode: LossMode): tfc.Scalar;

  /**
   * Number of right answers in the batch, a scalar. Default, where `loss` is the default too: arg-max equals label.
   * With an own `loss` and no `correct`, evaluation reports no accuracy.
   */
  correct?(tf: TensorFlow, logits: tfc.Tensor, batch: Batch): tfc.Scalar;
}

export interface LossMode {
  /** True in a training step (dropout on, batch norm uses the batch), false in evaluation. */
  readonly training: boolean;
}

/** What the trainer gives to a program. */
export interface ProgramContext {
  readonly tf: TensorFlow;
  /** `training.seed`: the same on every worker. */
  readonly seed: number;
  /** `program.parameters`, as written in the job. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Opens the job's named data set (`data.name`). */
  readonly data: DataSource;
  /** Random numbers that are the same on every worker, for generated data and the like. */
  random(purpose: string): Random;
  /**
   * Wraps arrays as examples. Every value is multiplied by `scale`: by default 1/255 for bytes, 1 for floats.
   * @throws DataError when the lengths of the arrays do not fit their count and shape.
   */
  examples(arrays: LabelledArrays, options?: { readonly scale?: number }): Examples;
}

export interface Dataset {
  readonly train: Examples;
  readonly test: Examples;
}

export interface Examples {
  readonly count: number;
  /**
   * Gathers examples by index (each in 0..count-1) into tensors, which the caller disposes.
   * @param random given in training steps only and seeded by (seed, step, rank): augment with it, or not at all.
   */
  batch(tf: TensorFlow, indices: Int32Array | Uint32Array, random?: Random): Batch;
}

export interface Batch {
  /** First dimension: the examples. */
  readonly inputs: tfc.Tensor;
  /** First dimension: the examples. Class indices (int32, rank 1) for the default loss. */
  readonly targets: tfc.Tensor;
}
