import type { Dataset, ProgramContext } from './program.ts';

/** The job's named data set with its values scaled to 0..1: what most classifiers want. */
export async function loadClassificationData(context: ProgramContext): Promise<Dataset> {
  const { train, test } = await context.data.open();
  return { train: context.examples(train), test: context.examples(test) };
}
