import type { UpdateRule } from './update-rule.ts';

/**
 * Stochastic gradient descent.
 *
 *     g' = g + weightDecay * w
 *     w  = w - rate * g'
 */
export const sgdRule: UpdateRule = (
  kernels,
  { weights, nextWeights, gradient, blocks, hash, learningRate, weightDecay },
) => kernels.sgd(weights, nextWeights, gradient, blocks, hash, learningRate, weightDecay);
