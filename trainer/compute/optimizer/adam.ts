import { twoSlots, type UpdateRule } from './update-rule.ts';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adam as in TensorFlow and Keras: the bias corrections are in the rate, so epsilon is the paper's "epsilon hat"
 * (Kingma and Ba 2015, end of section 2). `step` counts from 1.
 *
 *     g'    = g + weightDecay * w
 *     m     = beta1 * m + (1 - beta1) * g'
 *     v     = beta2 * v + (1 - beta2) * g'^2
 *     alpha = rate * sqrt(1 - beta2^step) / (1 - beta1^step)
 *     w     = w - alpha * m / (sqrt(v) + epsilon)
 */
export function adamRule(options: AdamOptions): UpdateRule {
  const { beta1, beta2, epsilon } = options;
  return (kernels, segment) => {
    const alpha = correctedRate(segment.learningRate, options, segment.step);
    const factors = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon] as const;
    kernels.adam(...twoSlots(segment), alpha, segment.weightDecay, 0, ...factors);
  };
}

export function correctedRate(rate: number, { beta1, beta2 }: AdamOptions, step: number): number {
  return (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
}
