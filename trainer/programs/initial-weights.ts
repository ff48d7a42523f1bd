import type * as tfl from '@tensorflow/tfjs-layers';
import type { TensorFlow } from '../compute/backend.ts';
import { createRandom } from '../data/random.ts';

/**
 * How kernels start (Keras' definitions):
 * - `glorotUniform`: uniform in +-sqrt(6 / (fanIn + fanOut)); Keras' own default.
 * - `heNormal`: normal with deviation sqrt(2 / fanIn), cut at two deviations; for deep relu nets.
 */
export type InitialWeights = 'glorotUniform' | 'heNormal';

/** Deviation of a standard normal that is cut at +-2, so that the cut one can be scaled back to 1. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/**
 * Overwrites every trainable weight of rank >= 2 with values drawn from `seed` and the weight's index alone.
 * Biases and batch-norm weights (rank 1) keep what their layer gave them, zeros and ones. Values are made in plain
 * arithmetic, not by the backend, so that workers on different backends start equal to the bit.
 */
export function initializeWeights(
  tf: TensorFlow,
  model: tfl.LayersModel,
  seed: number,
  scheme: InitialWeights = 'glorotUniform',
): tfl.LayersModel {
  for (const [index, weight] of model.trainableWeights.entries()) {
    const shape = weight.shape.map((length) => length ?? 1);
    if (shape.length < 2) continue;
    const value = tf.tensor(initialValues(shape, scheme, seed, index), shape);
    weight.write(value);
    value.dispose();
  }
  return model;
}

/** Values for one kernel of shape `[...window, inputs, outputs]`. */
export function initialValues(
  shape: readonly number[],
  scheme: InitialWeights,
  seed: number,
  index: number,
): Float32Array {
  const windowSize = shape.slice(0, -2).reduce((product, length) => product * length, 1);
  const inputs = shape.at(-2) ?? 1;
  const outputs = shape.at(-1) ?? 1;
  const fanIn = windowSize * inputs;
  const fanOut = windowSize * outputs;
  const values = new Float32Array(windowSize * inputs * outputs);
  const random = createRandom({ seed, step: index, purpose: 'initial-weights' });
  switch (scheme) {
    case 'glorotUniform': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      random.fillUniform(values, -limit, limit);
      return values;
    }
    case 'heNormal': {
      const deviation = Math.sqrt(2 / fanIn) / TRUNCATED_DEVIATION;
      for (let i = 0; i < values.length; i++) {
        let value = random.normal();
        while (Math.abs(value) > 2) value = random.normal();
        values[i] = value * deviation;
      }
      return values;
    }
  }
}
