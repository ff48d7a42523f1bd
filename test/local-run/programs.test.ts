import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { nativeIsBuilt } from './native-built.ts';
import { runFile, runJob, type EndedRun } from './run-job.ts';
import { smallJob, type SpecChange } from './small-job.ts';

jest.setTimeout(120_000);

const customExample = fileURLToPath(new URL('../../examples/custom-program/job.yaml', import.meta.url));
const images = (count: number): SpecChange['data'] => ({ name: 'synthetic', syntheticExamples: count });

interface Case {
  readonly program: NonNullable<SpecChange['program']>;
  readonly backend: 'native' | 'wasm' | 'cpu';
  readonly steps: number;
  readonly batchSize: number;
  readonly imageCount: number;
}

const cases: readonly (readonly [string, Case])[] = [
  [
    'logistic on cpu',
    { program: { name: 'logistic' }, backend: 'cpu', steps: 12, batchSize: 32, imageCount: 128 },
  ],
  [
    'mlp on wasm',
    {
      program: { name: 'mlp', parameters: { hidden: [32] } },
      backend: 'wasm',
      steps: 12,
      batchSize: 32,
      imageCount: 128,
    },
  ],
  [
    'lenet with dropout on wasm',
    {
      program: { name: 'lenet', parameters: { dropout: 0.3 } },
      backend: 'wasm',
      steps: 4,
      batchSize: 16,
      imageCount: 32,
    },
  ],
  [
    'cifarnet on wasm',
    { program: { name: 'cifarnet' }, backend: 'wasm', steps: 2, batchSize: 4, imageCount: 16 },
  ],
];

const nativeCases: typeof cases = [
  [
    'lenet on native',
    { program: { name: 'lenet' }, backend: 'native', steps: 6, batchSize: 16, imageCount: 64 },
  ],
];

const native = await nativeIsBuilt();

describe('two workers train', () => {
  test.each(cases)('%s', (_, one) => trains(one));
  (native ? test : test.skip).each(nativeCases)('%s', (_, one) => trains(one));

  test("the example of a custom program, whose path is relative to the job's file", async () => {
    const run = await runFile(customExample, ['--steps', '60']);
    expectTrained(run, 60);
    expect(run.result.testAccuracy).toBeGreaterThan(0.5);
  });
});

async function trains({ program, backend, steps, batchSize, imageCount }: Case): Promise<void> {
  const run = await runJob(
    smallJob({
      program,
      workers: { replicas: 2, backend },
      data: images(imageCount),
      training: { steps, batchSize, learningRate: { initial: 0.01 } },
    }),
  );
  expectTrained(run, steps);
  expect(run.result.backend).toMatch(new RegExp(`^${backend} \\(`));
}

/** Succeeded, with the same finite figures and the same weights on both ranks, and in fewer bytes than float32. */
function expectTrained({ exitCode, result, err }: EndedRun, steps: number): void {
  expect({ exitCode, err, ...result }).toMatchObject({
    exitCode: 0,
    phase: 'Succeeded',
    reason: 'Completed',
    steps,
    workers: 2,
    loss: expect.any(Number),
    testAccuracy: expect.any(Number),
    compressionRatio: expect.any(Number),
  });
  expect(result.weightsHashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(result.weightsHashes[1]).toBe(result.weightsHashes[0]);
  expect(result.compressionRatio).toBeGreaterThan(1);
}
