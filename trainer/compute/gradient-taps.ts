import type * as tfc from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { TensorFlow } from './tensorflow.ts';

/** Sees the gradients of a model's weights while the backward pass goes on, last layer first. */
export interface GradientTaps {
  /**
   * @param onGradient called with a weight's place and its whole gradient, which is tfjs's. Not called of a weight that `work`
   *   reads more than once: its gradient is a sum that is known only at the end.
   */
  during<Result>(onGradient: (weight: number, gradient: tfc.Tensor) => void, work: () => Result): Result;
}

/**
 * A layer reads its weight where it uses it. There the weight is passed through an identity whose own gradient function
 * is called as soon as the gradient of what follows is known.
 */
export function createGradientTaps(tf: TensorFlow, weights: readonly tfl.LayerVariable[]): GradientTaps {
  let onGradient: ((weight: number, gradient: tfc.Tensor) => void) | undefined;
  const reads = weights.map(() => 0);

  for (const [index, weight] of weights.entries()) {
    const tap = tf.customGrad((value: tfc.Tensor | tfc.GradSaveFunc) => ({
      value: tf.clone(value as tfc.Tensor),
      gradFunc: (gradient: tfc.Tensor) => {
        if (reads[index] === 1) onGradient?.(index, gradient);
        return gradient;
      },
    }));
    const read = weight.read.bind(weight);
    weight.read = () => {
      const value = read();
      if (onGradient === undefined) return value;
      reads[index] = (reads[index] ?? 0) + 1;
      return tap(value);
    };
  }

  return {
    during(onGradientOf, work) {
      reads.fill(0);
      onGradient = onGradientOf;
      try {
        return work();
      } finally {
        onGradient = undefined;
      }
    },
  };
}
