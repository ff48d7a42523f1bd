import { oneSlot, type UpdateRule } from './update-rule.ts';

/**
 * RMSProp as in TensorFlow and Keras (not centered, without momentum); epsilon is under the root.
 *
 *     g' = g + weightDecay * w
 *     v  = decay * v + (1 - decay) * g'^2
 *     w  = w - rate * g' / sqrt(v + epsilon)
 */
export function rmspropRule(options: { readonly decay: number; readonly epsilon: number }): UpdateRule {
  const { decay, epsilon } = options;
  return (kernels, segment) => {
    const { learningRate, weightDecay } = segment;
    kernels.rmsprop(...oneSlot(segment), learningRate, weightDecay, decay, 1 - decay, epsilon);
  };
}
