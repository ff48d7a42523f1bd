import { correctedRate, type AdamOptions } from './adam.ts';
import { twoSlots, type UpdateRule } from './update-rule.ts';

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
  return (kernels, segment) => {
    const { learningRate, weightDecay, step } = segment;
    const alpha = correctedRate(learningRate, options, step);
    const factors = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon] as const;
    kernels.adam(...twoSlots(segment), alpha, 0, learningRate * weightDecay, ...factors);
  };
}
