import { z } from 'zod';
import { loadClassificationData } from './classification-data.ts';
import { readParameters } from './parameters.ts';
import type { Program } from './program.ts';

const parametersSchema = z.strictObject({
  /** Units of each hidden layer. */
  hidden: z.array(z.int().min(1)).min(1).max(16).default([300, 100]),
});

/** A fully connected net, by default 784-300-100-10 (LeNet-300-100): 266,610 parameters on MNIST. */
export const mlp: Program = {
  name: 'mlp',

  async createModel({ tf, data, parameters }) {
    const { hidden } = readParameters('mlp', parametersSchema, parameters);
    const { classes, train } = await data.open();
    return tf.sequential({
      layers: [
        tf.layers.flatten({ name: 'flatten', inputShape: [...train.shape] }),
        ...hidden.map((units, i) => tf.layers.dense({ name: `dense${i + 1}`, units, activation: 'relu' })),
        tf.layers.dense({ name: 'logits', units: classes }),
      ],
    });
  },

  loadData: loadClassificationData,
};
