import type { FlatLayout, TensorSpec } from '../ternary/layout.ts';
import type { Random } from '../data/random.ts';
import type { Batch, Examples, Program, ProgramContext } from '../programs/program.ts';
import type { Backend } from './backend.ts';

/** A model bound to the flat vector: weights and gradients in and out as plain float32. One per worker. */
export interface ModelRuntime {
  /** The trainable weights in model order: what is exchanged. */
  readonly tensors: readonly TensorSpec[];
  /** The other weights (batch-norm statistics) in model order, packed without padding in their own vector. */
  readonly nonTrainable: readonly TensorSpec[];
  /** Length of the vector of `exportNonTrainable`. */
  readonly nonTrainableValues: number;

  /** Fixes where each tensor lies in the flat vector. Before any call below that takes a flat view. */
  bind(layout: FlatLayout): void;

  /**
   * Gradient of the mean loss over `batch`, times `scale`, written to `out` (padding is set to 0). Disposes nothing
   * of the batch. `out` may lie in shared memory.
   * @param at names the step for errors; `random`, keyed by (seed, step, rank), drives dropout masks.
   * @throws ProgramFailedError when the program throws; LossNotFiniteError when the loss is NaN or infinite.
   */
  gradient(batch: Batch, out: Float32Array, scale: number, at: StepContext): { readonly loss: number };

  /** Copies the model's trainable weights to the flat view `out`. Padding is not touched. */
  exportWeights(out: Float32Array): void;
  /** Sets the model's trainable weights from the flat view `from`, which may lie in shared memory. */
  importWeights(from: Float32Array): void;

  exportNonTrainable(out: Float32Array): void;
  importNonTrainable(from: Float32Array): void;

  /**
   * Mean loss and accuracy over `examples`, `batchSize` at a time, in order and without augmentation.
   * @param range evaluates only examples [from, to): workers can share the work and weigh by `examples`.
   */
  evaluate(
    examples: Examples,
    batchSize: number,
    range?: { readonly from: number; readonly to: number },
  ): Evaluation;

  dispose(): void;
}

export interface StepContext {
  readonly step: number;
  readonly random?: Random;
}

export interface Evaluation {
  readonly examples: number;
  readonly loss: number;
  /** 0..1; absent when the program says nothing about right answers. */
  readonly accuracy?: number;
}

export interface ModelRuntimeOptions {
  readonly backend: Backend;
  readonly program: Program;
  readonly context: ProgramContext;
}

export declare function createModelRuntime(options: ModelRuntimeOptions): Promise<ModelRuntime>;
