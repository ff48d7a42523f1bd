import { describe, expect, test } from '@jest/globals';
import { openBackend } from '../compute/backend.ts';
import { DataError } from '../data/data-error.ts';
import { createDataSource } from '../data/datasets.ts';
import { createProgramContext } from './context.ts';
import { ProgramError, ProgramFailedError } from './errors.ts';
import { loadDataset } from './load-dataset.ts';
import { mlp } from './mlp.ts';
import type { Dataset, Program } from './program.ts';

const { tf } = (await openBackend('cpu', { threads: 1 })).backend;

function load(loadData: Program['loadData'], path?: string): Promise<Dataset> {
  const data = createDataSource({ name: 'mnist', path, syntheticExamples: 1 }, 1, '/nowhere');
  const context = createProgramContext({ tf, seed: 1, parameters: {}, data });
  return loadDataset({ name: 'mine', createModel: () => tf.sequential(), loadData }, context);
}

const one: Program['loadData'] = ({ examples }) => {
  const all = examples({
    count: 1,
    shape: [1],
    values: Float32Array.of(Math.random()),
    labels: Uint8Array.of(0),
  });
  return { train: all, test: all };
};

describe('loadDataset', () => {
  test('gives data made with Math.random that is the same on every worker', async () => {
    const value = async (): Promise<number> => {
      const { inputs } = (await load(one)).train.batch(tf, Int32Array.of(0));
      return inputs.dataSync()[0]!;
    };
    expect(await value()).toBe(await value());
  });

  test('passes on what is wrong with a data file as it is', async () => {
    const attempt = load((context) => mlp.loadData(context), 'missing');
    await expect(attempt).rejects.toThrow(DataError);
    await expect(attempt).rejects.toThrow('in /nowhere/missing; data.path must be');
  });

  test('blames the program when loadData throws', async () => {
    const attempt = load(() => {
      throw new RangeError('too many');
    });
    await expect(attempt).rejects.toThrow(ProgramFailedError);
    await expect(attempt).rejects.toThrow(/program "mine" failed in loadData: RangeError: too many\n/);
  });

  test('blames the program when a batch throws', async () => {
    const broken = {
      count: 1,
      batch() {
        throw new Error('no row');
      },
    };
    const { test: testPart } = await load(() => ({ train: broken, test: broken }));
    expect(() => testPart.batch(tf, Int32Array.of(0))).toThrow(
      /program "mine" failed in the batch function of test: Error: no row/,
    );
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no test part', { train: { count: 1, batch() {} } }],
    ['no examples', { train: { count: 0, batch() {} }, test: { count: 1, batch() {} } }],
    ['no batch function', { train: { count: 1 }, test: { count: 1 } }],
  ])('refuses %s', async (_what, dataset) => {
    const attempt = load(() => dataset as Dataset);
    await expect(attempt).rejects.toThrow(ProgramError);
    await expect(attempt).rejects.toThrow('program "mine": loadData must return { train, test }');
  });
});
