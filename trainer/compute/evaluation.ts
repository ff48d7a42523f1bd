import type * as tfc from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Batch, Examples, Program } from '../programs/program.ts';
import { countCorrect, softmaxCrossEntropy } from './classification.ts';
import type { TensorFlow } from './tensorflow.ts';

export interface ExampleRange {
  readonly from: number;
  readonly to: number;
}

/** Sums add up over ranges, so workers can share an evaluation. */
export interface Evaluation {
  readonly examples: number;
  readonly lossSum: number;
  /** Right answers. Absent when the program does not say what a right answer is. */
  readonly correct?: number;
  /** lossSum / examples. */
  readonly loss: number;
  /** correct / examples, 0..1. */
  readonly accuracy?: number;
}

/** Loss and right answers over `range` of the examples, `batchSize` at a time, in order. */
export function evaluateModel(
  tf: TensorFlow,
  program: Program,
  model: tfl.LayersModel,
  examples: Examples,
  batchSize: number,
  range: ExampleRange,
): Evaluation {
  let lossSum = 0;
  let correct: number | undefined;
  for (let from = range.from; from < range.to; from += batchSize) {
    const indices = consecutive(from, Math.min(from + batchSize, range.to));
    const batch = examples.batch(tf, indices);
    try {
      const figures = evaluateBatch(tf, program, model, batch);
      lossSum += figures.meanLoss * indices.length;
      if (figures.correct !== undefined) correct = (correct ?? 0) + figures.correct;
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
  }
  const count = range.to - range.from;
  return {
    examples: count,
    lossSum,
    loss: lossSum / count,
    ...(correct === undefined ? {} : { correct, accuracy: correct / count }),
  };
}

function evaluateBatch(
  tf: TensorFlow,
  program: Program,
  model: tfl.LayersModel,
  batch: Batch,
): { meanLoss: number; correct: number | undefined } {
  const figures = tf.tidy((): tfc.Scalar[] => {
    const loss = program.loss?.(tf, model, batch, { training: false });
    if (loss !== undefined && program.correct === undefined) return [loss];
    const logits = model.apply(batch.inputs, { training: false }) as tfc.Tensor;
    return [
      loss ?? softmaxCrossEntropy(tf, logits, batch.targets),
      program.correct === undefined
        ? countCorrect(tf, logits, batch.targets)
        : program.correct(tf, logits, batch),
    ];
  });
  const [meanLoss, correct] = figures.map((figure) => figure.dataSync()[0]!);
  tf.dispose(figures);
  return { meanLoss: meanLoss!, correct };
}

function consecutive(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
