import { z } from 'zod';
import { count, decayFactor, positiveCount } from './scalars.ts';

/** Learning-rate boundaries beyond this many are a mistake; a bound keeps CEL's cost small. */
const MAX_BOUNDARIES = 64;

const optimizerSchema = z
  .strictObject({
    name: z
      .enum(['sgd', 'momentum', 'nesterov', 'adam', 'adamw', 'rmsprop'])
      .default('momentum')
      .describe('The update rule.'),
    momentum: decayFactor().default(0.9).describe('Momentum factor of `momentum` and `nesterov`.'),
    beta1: decayFactor().default(0.9).describe('Decay of the first moment, for `adam` and `adamw`.'),
    beta2: decayFactor().default(0.999).describe('Decay of the second moment, for `adam` and `adamw`.'),
    epsilon: z
      .number()
      .gt(0)
      .default(1e-8)
      .describe('Added to the denominator of `adam`, `adamw` and `rmsprop`.'),
    decay: decayFactor().default(0.9).describe('Decay of the squared gradient, for `rmsprop`.'),
  })
  .prefault({})
  .describe('How the mean gradient becomes an update. Runs on every worker, bit for bit the same.');

const learningRateSchema = z
  .strictObject({
    initial: z.number().gt(0).default(0.01).describe('Learning rate at the start, after the warm-up.'),
    schedule: z
      .enum(['constant', 'polynomial', 'exponential', 'step', 'cosine'])
      .default('constant')
      .describe('How the rate falls from `initial`.'),
    final: z.number().min(0).default(0).describe('Rate at the end of `polynomial` and `cosine`.'),
    power: z.number().gt(0).default(0.5).describe('Exponent of `polynomial`.'),
    decaySteps: positiveCount()
      .optional()
      .describe(
        'Steps over which the rate falls; for `exponential` the steps per factor of `decayRate`. Without it: all steps of the job.',
      ),
    decayRate: z
      .number()
      .gt(0)
      .max(1)
      .default(0.1)
      .describe('Factor of one decay, for `exponential` and `step`.'),
    boundaries: z
      .array(positiveCount())
      .max(MAX_BOUNDARIES)
      .default([])
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe('Steps, ascending, at which `step` multiplies the rate by `decayRate`.'),
    warmupSteps: count()
      .default(0)
      .describe('Steps over which the rate rises linearly to `initial`. 0 is off.'),
  })
  .prefault({})
  .describe('The learning rate over the steps of the job.');

export const trainingSchema = z
  .strictObject({
    steps: positiveCount()
      .optional()
      .describe('Length of the job in steps. Exactly one of `steps` and `epochs`.'),
    epochs: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('Length of the job in passes over the training data. Exactly one of `steps` and `epochs`.'),
    batchSize: positiveCount()
      .default(64)
      .describe(
        'Examples per step, of all workers together. Need not be divisible by the number of workers.',
      ),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .default(1)
      .describe('Seed of initial weights, shuffling, augmentation, dropout and ternary noise.'),
    optimizer: optimizerSchema,
    learningRate: learningRateSchema,
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Decay of weights of rank 2 and more, never of biases or batch norm. Coupled L2, except with `adamw`. Costs no traffic. 0 is off.',
      ),
    evaluation: z
      .strictObject({
        everySteps: count()
          .default(0)
          .describe('Steps between evaluations on the test data. 0: only at the end.'),
        batchSize: positiveCount().default(500).describe('Examples per evaluation batch.'),
      })
      .prefault({})
      .describe('Evaluation on the test data.'),
    ema: z
      .strictObject({
        decay: decayFactor().default(0).describe('Decay per step of the averaged weights. 0 is off.'),
      })
      .prefault({})
      .describe('Evaluate with an exponential moving average of the weights.'),
  })
  .describe('How long and how to train.');

export type TrainingSpec = z.output<typeof trainingSchema>;
export type OptimizerSpec = TrainingSpec['optimizer'];
export type LearningRateSpec = TrainingSpec['learningRate'];
