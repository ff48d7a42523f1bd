import { oneSlot, type UpdateRule } from './update-rule.ts';

/**
 * Nesterov's momentum as in TensorFlow's MomentumOptimizer(use_nesterov=True).
 *
 *     g' = g + weightDecay * w
 *     a  = momentum * a + g'
 *     w  = w - rate * (g' + momentum * a)
 */
export function nesterovRule(options: { readonly momentum: number }): UpdateRule {
  return (kernels, segment) => {
    const { learningRate, weightDecay } = segment;
    kernels.nesterov(...oneSlot(segment), learningRate, weightDecay, options.momentum);
  };
}
