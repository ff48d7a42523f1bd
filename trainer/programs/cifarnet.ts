import { z } from 'zod';
import { ProgramError } from './errors.ts';
import { imageExamples } from './image-examples.ts';
import { localResponseNormalization } from './local-response-normalization.ts';
import { readParameters } from './parameters.ts';
import type { Program } from './program.ts';

const parametersSchema = z.strictObject({
  /** Random crops, flips, brightness and contrast in training. Off: the centre crop, as in evaluation. */
  augment: z.boolean().default(true),
});

/** Side of the crops the net sees. */
const CROP = 24;
/** CIFAR-10's own. */
const IMAGE_SHAPE = [32, 32, 3] as const;

/**
 * CifarNet as in TernGrad's CIFAR-10 experiments: conv 5x5x64, pool 3/2, LRN, conv 5x5x64, LRN, pool 3/2,
 * dense 384, dense 192, dense 10, on 24x24 crops of 32x32 images: 1,068,298 parameters.
 */
export const cifarnet: Program = {
  name: 'cifarnet',

  async createModel({ tf, data, parameters }) {
    readParameters('cifarnet', parametersSchema, parameters);
    const { classes } = await data.open(IMAGE_SHAPE);
    const convolution = { filters: 64, kernelSize: 5, padding: 'same', activation: 'relu' } as const;
    const pool = { poolSize: 3, strides: 2, padding: 'same' } as const;
    return tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv1', inputShape: [CROP, CROP, 3], ...convolution }),
        tf.layers.maxPooling2d({ name: 'pool1', ...pool }),
        localResponseNormalization(tf, { name: 'norm1' }),
        tf.layers.conv2d({ name: 'conv2', ...convolution }),
        localResponseNormalization(tf, { name: 'norm2' }),
        tf.layers.maxPooling2d({ name: 'pool2', ...pool }),
        tf.layers.flatten({ name: 'flatten' }),
        tf.layers.dense({ name: 'dense1', units: 384, activation: 'relu' }),
        tf.layers.dense({ name: 'dense2', units: 192, activation: 'relu' }),
        tf.layers.dense({ name: 'logits', units: classes }),
      ],
    });
  },

  async loadData({ data, parameters }) {
    const { augment } = readParameters('cifarnet', parametersSchema, parameters);
    const { train, test } = await data.open(IMAGE_SHAPE);
    const [height = 0, width = 0, channels] = train.shape;
    if (height < CROP || width < CROP || channels !== 3) {
      throw new ProgramError(
        `program "cifarnet" needs colour images of ${CROP}x${CROP} or more, but data.name ${data.name} has ` +
          `${train.shape.join('x')}; use cifar10 or synthetic`,
      );
    }
    return { train: imageExamples(train, CROP, augment), test: imageExamples(test, CROP, false) };
  },
};
