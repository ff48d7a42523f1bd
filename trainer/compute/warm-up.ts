import type * as tfc from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '../data/random.ts';
import { softmaxCrossEntropy } from './classification.ts';
import { withSeededMathRandom } from './seeded-math-random.ts';
import type { TensorFlow } from './tensorflow.ts';

/**
 * What a first gradient costs beyond a later one hardly depends on its batch (kernels and thread pools that are made, code
 * that is compiled), so the batch is small: a large model's gradient would come in the way of its first step.
 */
const EXAMPLES = 8;

export interface WarmedModel {
  readonly tf: TensorFlow;
  readonly model: tfl.LayersModel;
  readonly variables: readonly tfc.Variable[];
  /** Whether the loss is the default one, of classes. */
  readonly classifies: boolean;
}

/**
 * Differentiates the model once and throws the gradient away. Examples and targets are zeros: programs may count how often they
 * are asked for a batch or a loss, and are not asked. The forward pass changes non-trainable weights, which are the caller's to
 * restore; nothing else of the model changes.
 */
export function differentiateOnce({ tf, model, variables, classifies }: WarmedModel): void {
  const inputs = tf.tidy(() => model.inputs.map((input) => tf.zeros(shapeOf(input.shape), input.dtype)));
  const labels = tf.zeros([EXAMPLES], 'int32');
  const loss = (): tfc.Scalar => {
    const outputs = [model.apply(inputs, { training: true })].flat() as tfc.Tensor[];
    const [first] = outputs;
    if (classifies && first !== undefined) return softmaxCrossEntropy(tf, first, labels);
    return tf.addN(outputs.map((output) => tf.mean(output))).asScalar();
  };
  try {
    withSeededMathRandom(createRandom({ seed: 0, purpose: 'model' }), () => {
      const { value, grads } = tf.variableGrads(loss, [...variables]);
      for (const tensor of [value, ...Object.values(grads)]) tensor.dataSync();
      tf.dispose([value, grads]);
    });
  } finally {
    tf.dispose([labels, inputs]);
  }
}

/** A length that is open besides the batch's is as good as any. */
function shapeOf(shape: tfl.Shape): number[] {
  return shape.map((length, axis) => length ?? (axis === 0 ? EXAMPLES : 1));
}
