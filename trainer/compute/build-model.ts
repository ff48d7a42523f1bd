import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '../data/random.ts';
import { blameProgram, ProgramError } from '../programs/errors.ts';
import type { Program, ProgramContext } from '../programs/program.ts';
import { withSeededMathRandomAsync } from './seeded-math-random.ts';

/**
 * Builds the program's model. `Math.random` is seeded meanwhile, so that initializers without a seed of their own
 * give every worker the same weights, whatever its backend.
 * @throws ProgramError when the model cannot be trained here; ProgramFailedError when `createModel` throws.
 */
export async function buildModel(program: Program, context: ProgramContext): Promise<tfl.LayersModel> {
  const random = createRandom({ seed: context.seed, purpose: 'model' });
  let model: tfl.LayersModel;
  try {
    model = await withSeededMathRandomAsync(random, () => program.createModel(context));
  } catch (cause) {
    throw blameProgram(program.name, 'createModel', cause);
  }
  const fault = faultOf(model);
  if (fault !== undefined) throw new ProgramError(`program "${program.name}": ${fault}`);
  return model;
}

function faultOf(model: tfl.LayersModel | undefined): string | undefined {
  if (!Array.isArray(model?.trainableWeights) || typeof model.apply !== 'function') {
    return 'createModel must return a model of tf.sequential or tf.model';
  }
  if (model.trainableWeights.length === 0) {
    return 'the model has no trainable weights; give a sequential model its inputShape, so that it is built';
  }
  for (const weight of model.weights) {
    if (weight.dtype !== 'float32') {
      return `weight ${weight.originalName} is ${weight.dtype}; only float32 weights can be exchanged`;
    }
  }
  for (const weight of model.trainableWeights) {
    if (weight.constraint !== undefined && weight.constraint !== null) {
      return `weight ${weight.originalName} has a constraint; the update is made outside the model, which would undo it`;
    }
  }
  return undefined;
}
