import { z } from 'zod';
import type { ProgramSpec } from './program.ts';
import { filePath, positiveCount } from './scalars.ts';

const dataSets = ['mnist', 'cifar10', 'synthetic', 'program'] as const;

export const dataSchema = z
  .strictObject({
    name: z
      .enum(dataSets)
      .optional()
      .describe(
        'The data set. `program` leaves it to the module at `program.path`. Without a name the program decides: `mnist`, or `cifar10` for `cifarnet`, or `program` for `program.path`.',
      ),
    path: filePath()
      .optional()
      .describe(
        'Directory with the data files. Needed for `cifar10`; `mnist` has a copy in the image and the package.',
      ),
    trainLimit: positiveCount()
      .optional()
      .describe('Use only the first so many training examples. Without it: all of them.'),
    testLimit: positiveCount()
      .optional()
      .describe('Use only the first so many test examples. Without it: all of them.'),
    syntheticExamples: positiveCount()
      .default(4096)
      .describe('Number of training examples that `synthetic` makes up.'),
  })
  .prefault({})
  .describe('What is trained on.');

/** With the name filled in: it depends on the program, so the schema alone cannot default it. */
export type DataSpec = z.output<typeof dataSchema> & { name: (typeof dataSets)[number] };

/** The data set of a job that names none: what its program was written for. */
export function defaultDataSet(program: ProgramSpec): DataSpec['name'] {
  if (program.path !== undefined) return 'program';
  return program.name === 'cifarnet' ? 'cifar10' : 'mnist';
}
