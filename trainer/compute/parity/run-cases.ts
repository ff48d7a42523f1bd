import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../backend.ts';
import { noise } from './gradient-case.ts';
import type { GradientCase, LayerCase } from './gradient-case.ts';

/** What a backend computed for one case: the values of its result and of each gradient, or why it could not. */
export type CaseResult = { readonly tensors: readonly number[][] } | { readonly error: string };

/** The result is weighed with noise before it is summed, so that every element has its own gradient. */
function weighedSum(tf: TensorFlow, result: Tensor): Tensor {
  return tf.sum(tf.mul(result, tf.tensor(noise(result.size, 99), result.shape)));
}

export function runGradientCase(tf: TensorFlow, test: GradientCase): CaseResult {
  const args = test.arguments.map(({ shape, low, high }, index) => {
    const values = noise(size(shape), index).map((value) => low + value * (high - low));
    return tf.tensor(values, [...shape]);
  });
  return attempt(() => [
    test.run(tf, ...args),
    ...tf.grads((...tensors: Tensor[]) => weighedSum(tf, test.run(tf, ...tensors)))(args),
  ]);
}

export function runLayerCase(tf: TensorFlow, test: LayerCase): CaseResult {
  const values = noise(size(test.inputShape), 7).map((value) =>
    test.integersBelow === undefined ? value * 2 - 1 : Math.floor(value * test.integersBelow),
  );
  const layer = test.create(tf);
  const input = tf.tensor(values, [...test.inputShape]);
  layer.apply(input);
  const filled = layer
    .getWeights()
    .map((weight, index) => tf.tensor(noise(weight.size, index), weight.shape));
  layer.setWeights(filled);
  const run = (x: Tensor): Tensor => {
    const result = layer.apply(x, { training: true });
    if (result instanceof tf.Tensor) return result;
    throw new TypeError('a layer under test has one result');
  };
  return attempt(() => {
    const result = run(input);
    const variables = layer.trainableWeights
      .map((weight) => weight.read())
      .filter((v): v is Variable => v instanceof tf.Variable);
    const byVariable =
      variables.length === 0
        ? []
        : variables.map(
            (v) => tf.variableGrads(() => weighedSum(tf, run(input)).asScalar(), [v]).grads[v.name],
          );
    const byInput =
      test.integersBelow === undefined ? [tf.grad((x: Tensor) => weighedSum(tf, run(x)))(input)] : [];
    return [result, ...byInput, ...byVariable.filter((gradient) => gradient !== undefined)];
  });
}

function attempt(compute: () => Tensor[]): CaseResult {
  try {
    return { tensors: compute().map((tensor) => Array.from(tensor.dataSync())) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
