import { correctedRate, type AdamOptions } from './adam.ts';
import type { UpdateRule } from './update-rule.ts';

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in Keras: the decay is times the rate, without
 * Adam's bias correction, and never enters the moments.
 *
 *     m     = beta1 * m + (1 - beta1) * g
 *     v     = beta2 * v + (1 - beta2) * g^2
 *     alpha = rate * sqrt(1 - beta2^step) / (1 - beta1^step)
 *     w     = (w - rate * weightDecay * w) - alpha * m / (sqrt(v) + epsilon)
 */
export function adamwRule(options: AdamOptions): UpdateRule {
  const { beta1, beta2, epsilon } = options;
  return (
    kernels,
    {
      weights,
      nextWeights,
      gradient,
      slot0,
      nextSlot0,
      slot1,
      nextSlot1,
      blocks,
      hash,
      learningRate,
      weightDecay,
      step,
    },
  ) => {
    const alpha = correctedRate(learningRate, options, step);
    const decay = learningRate * weightDecay;
    const factors = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon] as const;
    kernels.adam(
      weights,
      nextWeights,
      gradient,
      slot0,
      nextSlot0,
      slot1,
      nextSlot1,
      blocks,
      hash,
      alpha,
      0,
      decay,
      ...factors,
    );
  };
}
