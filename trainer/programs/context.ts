import type { TensorFlow } from '../compute/tensorflow.ts';
import { arrayExamples } from '../data/array-examples.ts';
import type { DataSource } from '../data/labelled.ts';
import { createRandom } from '../data/random.ts';
import type { ProgramContext } from './program.ts';

export interface ProgramContextOptions {
  readonly tf: TensorFlow;
  readonly seed: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly data: DataSource;
}

/** What a program is given; see `ProgramContext`. */
export function createProgramContext(options: ProgramContextOptions): ProgramContext {
  return {
    ...options,
    random: (purpose) => createRandom({ seed: options.seed, purpose: `program:${purpose}` }),
    examples: arrayExamples,
  };
}
