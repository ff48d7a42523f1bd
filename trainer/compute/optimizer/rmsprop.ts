import type { UpdateRule } from './update-rule.ts';

/**
 * RMSProp as in TensorFlow and Keras (not centered, without momentum); epsilon is under the root.
 *
 *     g' = g + weightDecay * w
 *     v  = decay * v + (1 - decay) * g'^2
 *     w  = w - rate * g' / sqrt(v + epsilon)
 */
export function rmspropRule(options: { readonly decay: number; readonly epsilon: number }): UpdateRule {
  const { decay, epsilon } = options;
  return (
    kernels,
    { weights, nextWeights, gradient, slot0, nextSlot0, blocks, hash, learningRate, weightDecay },
  ) =>
    kernels.rmsprop(
      weights,
      nextWeights,
      gradient,
      slot0,
      nextSlot0,
      blocks,
      hash,
      learningRate,
      weightDecay,
      decay,
      1 - decay,
      epsilon,
    );
}
