import { describe, expect, jest, test } from '@jest/globals';
import { recordedRun, type RecordedRun } from './recorded-run.ts';
import type { SpecChange } from './small-job.ts';

jest.setTimeout(120_000);

/** Gradients of float32 are summed in another order by another number of workers; nothing else may differ. */
const TOLERANCE = 1e-4;

function float32(
  replicas: number,
  training: NonNullable<SpecChange['training']>,
  examples = 96,
): Promise<RecordedRun> {
  return recordedRun({
    workers: { replicas, backend: 'cpu' },
    program: { parameters: { examples } },
    training,
    compression: { codec: 'float32' },
  });
}

/** The same steps, whatever the number of workers: losses after each of them, and the final weights. */
function expectSameTraining(run: RecordedRun, reference: RecordedRun): void {
  expect(run.result.phase).toBe('Succeeded');
  expect(run.result.steps).toBe(reference.result.steps);
  // Side by side where they differ, so that a failure tells which step it was.
  if (!(largestDifference(run.testLosses, reference.testLosses) < TOLERANCE)) {
    expect({ losses: run.testLosses, log: run.err }).toEqual({
      losses: reference.testLosses,
      log: reference.err,
    });
  }
  expect(Math.abs((run.result.loss ?? 0) - (reference.result.loss ?? 1))).toBeLessThan(TOLERANCE);
  expect(largestDifference(finalWeights(run), finalWeights(reference))).toBeLessThan(TOLERANCE);
}

function finalWeights({ weights }: RecordedRun): readonly number[] {
  return (JSON.parse(weights[0]?.at(-1) ?? '[]') as number[][]).flat();
}

function largestDifference(some: readonly number[], others: readonly number[]): number {
  expect(some).toHaveLength(others.length);
  return Math.max(...some.map((value, i) => Math.abs(value - (others[i] ?? Number.NaN))));
}

describe('float32 gives the training of one worker', () => {
  test('with 2 and with 3 workers', async () => {
    const training = { steps: 12, batchSize: 12 };
    const one = await float32(1, training);
    expect(one.testLosses.at(-1)).toBeLessThan((one.testLosses[0] ?? 0) * 0.8);
    for (const replicas of [2, 3]) expectSameTraining(await float32(replicas, training), one);
  });

  test('with a batch of 7 on 3 workers, and a last batch of the epoch that is shorter', async () => {
    const training = { epochs: 2, batchSize: 7 };
    const one = await float32(1, training, 24);
    expect(one.result).toMatchObject({ steps: 8, epochs: 2 });
    expectSameTraining(await float32(3, training, 24), one);
  });

  test('with a last batch of one example on 5 workers, four of which have none', async () => {
    const training = { epochs: 2, batchSize: 5 };
    const one = await float32(1, training, 11);
    expect(one.result).toMatchObject({ steps: 6, epochs: 2 });
    expectSameTraining(await float32(5, training, 11), one);
  });
});
