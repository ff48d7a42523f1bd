import { z } from 'zod';
import { loadClassificationData } from './classification-data.ts';
import { readParameters } from './parameters.ts';
import type { Program } from './program.ts';

const parametersSchema = z.strictObject({
  /** Share of the 500 hidden units that is dropped in training. */
  dropout: z.number().min(0).max(0.9).default(0),
});

/**
 * LeNet as in TernGrad's MNIST experiments: conv 5x5x20, pool, conv 5x5x50, pool, dense 500, dense 10, all SAME.
 * 1,256,080 parameters on 28x28x1 images, 97.6 % of them in the first dense layer.
 */
export const lenet: Program = {
  name: 'lenet',

  async createModel({ tf, data, parameters }) {
    const { dropout } = readParameters('lenet', parametersSchema, parameters);
    const { classes, train } = await data.open();
    const convolution = { kernelSize: 5, padding: 'same', activation: 'relu' } as const;
    return tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv1', filters: 20, inputShape: [...train.shape], ...convolution }),
        tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2, strides: 2, padding: 'same' }),
        tf.layers.conv2d({ name: 'conv2', filters: 50, ...convolution }),
        tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2, strides: 2, padding: 'same' }),
        tf.layers.flatten({ name: 'flatten' }),
        tf.layers.dense({ name: 'dense1', units: 500, activation: 'relu' }),
        ...(dropout > 0 ? [tf.layers.dropout({ name: 'dropout', rate: dropout })] : []),
        tf.layers.dense({ name: 'logits', units: classes }),
      ],
    });
  },

  loadData: loadClassificationData,
};
