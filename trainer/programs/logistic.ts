import { z } from 'zod';
import { loadClassificationData } from './classification-data.ts';
import { readParameters } from './parameters.ts';
import type { Program } from './program.ts';

const parametersSchema = z.strictObject({});

/** Multinomial logistic regression: one dense layer, 7,850 parameters on MNIST. The smallest program there is. */
export const logistic: Program = {
  name: 'logistic',

  async createModel({ tf, data, parameters }) {
    readParameters('logistic', parametersSchema, parameters);
    const { classes, train } = await data.open();
    return tf.sequential({
      layers: [
        tf.layers.flatten({ name: 'flatten', inputShape: [...train.shape] }),
        tf.layers.dense({ name: 'logits', units: classes }),
      ],
    });
  },

  loadData: loadClassificationData,
};
