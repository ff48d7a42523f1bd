import type { UpdateRule } from './update-rule.ts';

/**
 * Nesterov's momentum as in TensorFlow's MomentumOptimizer(use_nesterov=True).
 *
 *     g' = g + weightDecay * w
 *     a  = momentum * a + g'
 *     w  = w - rate * (g' + momentum * a)
 */
export function nesterovRule(options: { readonly momentum: number }): UpdateRule {
  return (
    kernels,
    { weights, nextWeights, gradient, slot0, nextSlot0, blocks, hash, learningRate, weightDecay },
  ) =>
    kernels.nesterov(
      weights,
      nextWeights,
      gradient,
      slot0,
      nextSlot0,
      blocks,
      hash,
      learningRate,
      weightDecay,
      options.momentum,
    );
}
