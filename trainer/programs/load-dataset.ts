import { withSeededMathRandomAsync } from '../compute/seeded-math-random.ts';
import { createRandom } from '../data/random.ts';
import { blameProgram, ProgramError } from './errors.ts';
import type { Dataset, Examples, Program, ProgramContext } from './program.ts';

/**
 * Loads the program's data. `Math.random` is seeded meanwhile, so that data made up with it is the same on every worker.
 * An error in the returned `batch` functions is blamed on the program.
 * @throws DataError when a file is missing or malformed; ProgramError when there is nothing to train or test on;
 *   ProgramFailedError when `loadData` throws.
 */
export async function loadDataset(program: Program, context: ProgramContext): Promise<Dataset> {
  const random = createRandom({ seed: context.seed, purpose: 'data' });
  let dataset: Dataset;
  try {
    dataset = await withSeededMathRandomAsync(random, () => program.loadData(context));
  } catch (cause) {
    throw blameProgram(program.name, 'loadData', cause);
  }
  return { train: checked(program, dataset, 'train'), test: checked(program, dataset, 'test') };
}

function checked(program: Program, dataset: Dataset | undefined, part: 'train' | 'test'): Examples {
  const examples: Partial<Examples> | undefined = dataset?.[part];
  const { count } = examples ?? {};
  if (examples === undefined || typeof examples.batch !== 'function' || !isPositiveInteger(count)) {
    throw new ProgramError(
      `program "${program.name}": loadData must return { train, test }, each with a count of at least 1 and a ` +
        `function batch(tf, indices, random); the count of ${part} is ${count}`,
    );
  }
  return {
    count,
    batch(tf, indices, random) {
      try {
        return examples.batch!(tf, indices, random);
      } catch (cause) {
        throw blameProgram(program.name, `the batch function of ${part}`, cause);
      }
    },
  };
}

function isPositiveInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
