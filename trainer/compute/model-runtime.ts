import type * as tfc from '@tensorflow/tfjs-core';
import { copyFloats } from '../copy-bytes.ts';
import type { Random } from '../data/random.ts';
import { blameProgram, LossNotFiniteError } from '../programs/errors.ts';
import type { Batch, Examples, Program, ProgramContext } from '../programs/program.ts';
import { discard } from '../discard.ts';
import type { FlatLayout, TensorSpec } from '../ternary/layout.ts';
import type { Backend } from './backend.ts';
import { buildModel } from './build-model.ts';
import { softmaxCrossEntropy } from './classification.ts';
import { createGradientTaps, type GradientTaps } from './gradient-taps.ts';
import { evaluateModel, type Evaluation, type ExampleRange } from './evaluation.ts';
import { withSeededMathRandom } from './seeded-math-random.ts';
import type { TensorFlow } from './tensorflow.ts';
import { differentiateOnce } from './warm-up.ts';
import { createWeightTransfer } from './weight-transfer.ts';

export type { Evaluation, ExampleRange } from './evaluation.ts';

/** A model bound to the flat vector: weights and gradients in and out as plain float32. One per worker. */
export interface ModelRuntime {
  /** The trainable weights in model order: what is exchanged. */
  readonly tensors: readonly TensorSpec[];
  /** The other weights (batch-norm statistics) in model order, packed without padding in a vector of their own. */
  readonly nonTrainable: readonly TensorSpec[];
  /** Length of the vector of `exportNonTrainable`. */
  readonly nonTrainableValues: number;

  /** Fixes where each tensor lies in the flat vector. Comes before every call that takes a flat view. */
  bind(layout: FlatLayout): void;

  /**
   * Gradient of the mean loss over `batch`, times `scale`, written to `out`; padding is set to 0. The batch stays
   * the caller's to dispose. `out` may lie in shared memory.
   * @param at names the step for errors; `random`, keyed by (seed, step, rank), drives dropout masks and the like.
   * @throws ProgramFailedError when the program throws; LossNotFiniteError when the loss is NaN or infinite.
   */
  gradient(batch: Batch, out: Float32Array, scale: number, at: StepContext): { readonly loss: number };

  /**
   * Computes a gradient of no account, so that the first one that counts takes no longer than later ones. Nothing that can be told
   * is different afterwards, and what goes wrong is left for the first step to find.
   */
  warmUp(): void;

  /** Copies the model's trainable weights to the flat view `out`; padding is not touched. */
  exportWeights(out: Float32Array): void;
  /**
   * Sets the model's trainable weights from the flat view `from`, which may lie in shared memory. The model may read them there, so
   * it stays as it is as long as the model is used, or until the next import.
   */
  importWeights(from: Float32Array): void;

  /** What tfjs needs, besides the weights, to build the model again: plain JSON. */
  topology(): object;

  exportNonTrainable(out: Float32Array): void;
  importNonTrainable(from: Float32Array): void;

  /**
   * Loss and right answers over `examples`, `batchSize` at a time, in order, without augmentation or dropout.
   * @param range only examples [from, to): workers can share the work, the sums add up.
   */
  evaluate(examples: Examples, batchSize: number, range?: ExampleRange): Evaluation;

  dispose(): void;
}

export interface StepContext {
  readonly step: number;
  readonly random?: Random;
  /**
   * Called in the backward pass with a tensor (its place in model order) whose gradient is in `out`, last layer first. Of a weight
   * that the model reads more than once it is not called.
   */
  readonly onTensor?: ((tensor: number) => void) | undefined;
}

export interface ModelRuntimeOptions {
  readonly backend: Backend;
  readonly program: Program;
  readonly context: ProgramContext;
}

/**
 * @throws ProgramError when the model cannot be trained here; ProgramFailedError when `createModel` throws.
 */
export async function createModelRuntime(options: ModelRuntimeOptions): Promise<ModelRuntime> {
  const { program, context } = options;
  const { tf } = options.backend;
  const model = await buildModel(program, context);
  const trainable = createWeightTransfer(tf, model.trainableWeights, options.backend.readsInPlace);
  const nonTrainable = createWeightTransfer(tf, model.nonTrainableWeights);
  const variables = model.trainableWeights.map((weight) => weight.read() as tfc.Variable);
  const packedOffsets = packed(nonTrainable.specs);
  const nonTrainableValues = nonTrainable.specs.reduce((sum, { size }) => sum + size, 0);
  let slots: readonly BoundSlot[] = [];
  let offsets: readonly number[] = [];
  let taps: GradientTaps | undefined;

  /** What is thrown in here is the program's doing: its code, or a model that does not fit its data. */
  function asProgram<T>(activity: string, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw blameProgram(program.name, activity, cause);
    }
  }

  function trainingLoss(batch: Batch): tfc.Scalar {
    if (program.loss !== undefined) return program.loss(tf, model, batch, { training: true });
    const logits = model.apply(batch.inputs, { training: true }) as tfc.Tensor;
    return softmaxCrossEntropy(tf, logits, batch.targets);
  }

  function differentiate(batch: Batch, at: StepContext, onGradient: OnGradient | undefined): Differentiated {
    const work = (): Differentiated => {
      const pass = (): Differentiated => tf.variableGrads(() => trainingLoss(batch), variables);
      if (onGradient === undefined) return pass();
      taps ??= createGradientTaps(tf, model.trainableWeights);
      return taps.during(onGradient, pass);
    };
    return asProgram(`the gradient of step ${at.step}`, () =>
      at.random === undefined ? work() : withSeededMathRandom(at.random, work),
    );
  }

  function readScaled(tensor: tfc.Tensor, target: Float32Array, scale: number): void {
    const { backend } = options;
    if (scale === 1 && backend.readInto?.(tensor, target) === true) return;
    const values = tensor.dataSync() as Float32Array;
    copyScaled(values, target, scale);
    if (backend.readsCopyOf(tensor)) discard(values);
  }

  function gradient(batch: Batch, out: Float32Array, scale: number, at: StepContext): { loss: number } {
    const exported = new Set<number>();
    const exportGradient = (tensor: number, found: tfc.Tensor | undefined): void => {
      const { begin, end, paddedEnd } = slots[tensor]!;
      if (found !== undefined) readScaled(found, out.subarray(begin, end), scale);
      out.fill(0, found === undefined ? begin : end, paddedEnd);
      exported.add(tensor);
    };
    const onTensor = at.onTensor && outsideOfProgram(at.onTensor);
    const { value, grads } = differentiate(
      batch,
      at,
      onTensor &&
        ((tensor, gradientOfTensor) => {
          exportGradient(tensor, gradientOfTensor);
          onTensor.call(tensor);
        }),
    );
    try {
      onTensor?.rethrow();
      const loss = value.dataSync()[0]!;
      if (!Number.isFinite(loss)) throw new LossNotFiniteError(loss, at.step);
      for (const [i, variable] of variables.entries()) {
        // Looked up by name, which is unique in this process; a weight that the loss does not reach has no entry.
        if (!exported.has(i)) exportGradient(i, grads[variable.name]);
      }
      return { loss };
    } finally {
      value.dispose();
      tf.dispose(grads);
      options.backend.endPass?.();
    }
  }

  function warmUp(): void {
    // Plain JavaScript: the gradient would take longer than what it saves.
    if (options.backend.name === 'cpu') return;
    const before = new Float32Array(nonTrainableValues);
    nonTrainable.exportTo(before, packedOffsets);
    try {
      differentiateOnce({ tf, model, variables, classifies: program.loss === undefined });
    } catch {
      // A model that takes no zeros starts cold.
    } finally {
      nonTrainable.importFrom(before, packedOffsets);
    }
  }

  return {
    tensors: trainable.specs,
    nonTrainable: nonTrainable.specs,
    nonTrainableValues,
    bind(layout) {
      slots = boundSlots(layout);
      offsets = slots.map(({ begin }) => begin);
    },
    gradient,
    warmUp,
    exportWeights: (out) => trainable.exportTo(out, offsets),
    importWeights: (from) => trainable.importFrom(from, offsets),
    topology: () => model.toJSON(null, false) as object,
    exportNonTrainable: (out) => nonTrainable.exportTo(out, packedOffsets),
    importNonTrainable: (from) => nonTrainable.importFrom(from, packedOffsets),
    evaluate: (examples, batchSize, range = { from: 0, to: examples.count }) =>
      asProgram('evaluation', () => evaluateModel(tf, program, model, examples, batchSize, range)),
    dispose() {
      model.dispose();
    },
  };
}

type Differentiated = ReturnType<TensorFlow['variableGrads']>;
type OnGradient = (tensor: number, gradient: tfc.Tensor) => void;

/** What is called amid the program's work: an error of its own must not pass for the program's. */
function outsideOfProgram(work: (tensor: number) => void): {
  call(tensor: number): void;
  rethrow(): void;
} {
  let failure: { readonly error: unknown } | undefined;
  return {
    call(tensor) {
      if (failure !== undefined) return;
      try {
        work(tensor);
      } catch (error) {
        failure = { error };
      }
    },
    rethrow() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

interface BoundSlot {
  readonly begin: number;
  readonly end: number;
  /** Where the next tensor of the flat vector begins. */
  readonly paddedEnd: number;
}

/** In model order, which is not the order in the flat vector: exempt tensors lie at its end. */
function boundSlots({ slots, values }: FlatLayout): BoundSlot[] {
  const begins = [...slots.map(({ offset }) => offset), values].sort((a, b) => a - b);
  return slots.map(({ offset, size }) => ({
    begin: offset,
    end: offset + size,
    paddedEnd: begins.find((begin) => begin > offset) ?? values,
  }));
}

function packed(specs: readonly TensorSpec[]): number[] {
  let next = 0;
  return specs.map(({ size }) => {
    next += size;
    return next - size;
  });
}

function copyScaled(values: Float32Array, target: Float32Array, scale: number): void {
  if (scale === 1) {
    copyFloats(target, 0, values);
    return;
  }
  for (let i = 0; i < values.length; i++) target[i] = values[i]! * scale;
}
