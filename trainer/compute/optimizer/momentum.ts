import { oneSlot, type UpdateRule } from './update-rule.ts';

/**
 * Momentum as in TensorFlow's MomentumOptimizer, which the paper's runs use: the rate is not in the slot, so a change
 * of rate acts at once. (Keras keeps v = momentum * v - rate * g; the two agree while the rate is constant.)
 *
 *     g' = g + weightDecay * w
 *     a  = momentum * a + g'
 *     w  = w - rate * a
 */
export function momentumRule(options: { readonly momentum: number }): UpdateRule {
  return (kernels, segment) => {
    const { learningRate, weightDecay } = segment;
    kernels.momentum(...oneSlot(segment), learningRate, weightDecay, options.momentum);
  };
}
