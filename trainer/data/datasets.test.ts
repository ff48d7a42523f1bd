import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource, type DataSettings } from './datasets.ts';

function source(settings: Partial<DataSettings>, seed = 1): ReturnType<typeof createDataSource> {
  return createDataSource({ name: 'synthetic', syntheticExamples: 40, ...settings }, seed, '/base');
}

describe('synthetic', () => {
  test('has one test example for every four training examples, in the shape that was asked for', async () => {
    const { classes, train, test: testPart } = await source({}).open([32, 32, 3]);
    expect([classes, train.count, testPart.count]).toEqual([10, 40, 10]);
    expect(train.shape).toEqual([32, 32, 3]);
    expect(train.values).toHaveLength(40 * 32 * 32 * 3);
  });

  test('is MNIST-shaped when nothing is asked for', async () => {
    expect((await source({}).open()).train.shape).toEqual([28, 28, 1]);
  });

  test('depends on the seed alone', async () => {
    const [first, again, other] = await Promise.all([
      source({}).open(),
      source({}).open(),
      source({}, 2).open(),
    ]);
    expect(again.train.values).toEqual(first.train.values);
    expect(other.train.values).not.toEqual(first.train.values);
  });

  test('can be told apart by the nearest class mean', async () => {
    const { train, test: testPart } = await source({ syntheticExamples: 400 }).open();
    const size = 28 * 28;
    const means = Array.from({ length: 10 }, () => new Float64Array(size));
    train.labels.forEach((label, example) => {
      for (let i = 0; i < size; i++) means[label]![i]! += train.values[example * size + i]! / 40;
    });
    const distance = (mean: Float64Array, example: number): number =>
      mean.reduce((sum, value, i) => sum + (value - testPart.values[example * size + i]!) ** 2, 0);
    const right = [...testPart.labels].filter((label, example) => {
      const distances = means.map((mean) => distance(mean, example));
      return distances.indexOf(Math.min(...distances)) === label;
    });
    expect(right).toHaveLength(testPart.count);
  });
});

describe('createDataSource', () => {
  test('cuts both parts to their limits', async () => {
    const { train, test: testPart } = await source({ trainLimit: 7, testLimit: 3 }).open();
    expect([train.count, train.labels.length, train.values.length]).toEqual([7, 7, 7 * 784]);
    expect(testPart.count).toBe(3);
  });

  test('a limit beyond the data changes nothing', async () => {
    expect((await source({ trainLimit: 1000 }).open()).train.count).toBe(40);
  });

  test('reads once', () => {
    const data = source({});
    expect(data.open()).toBe(data.open());
  });

  test('data.path is relative to the base directory', async () => {
    const data = source({ name: 'mnist', path: 'digits' });
    expect(data.directory).toBe('/base/digits');
    await expect(data.open()).rejects.toThrow('in /base/digits; data.path must be');
  });

  test('cifar10 without a path says where to get it', async () => {
    await expect(source({ name: 'cifar10' }).open()).rejects.toThrow(
      /data\.path is not set.*cifar-10-binary\.tar\.gz/,
    );
  });

  test('a program without a named data set is told so', async () => {
    await expect(source({ name: 'program' }).open()).rejects.toThrow('the program must bring its own data');
  });
});

describe('NumPy files', () => {
  let path: string;
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'npy-'));
  });
  afterAll(() => rm(path, { recursive: true }));

  test('are read from data.path', async () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
    await writeFile(
      join(path, 'x.npy'),
      Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}\x07\x08`, 'latin1'),
    );
    const data = source({ name: 'program', path });
    expect(await data.readNpy('x.npy')).toEqual({ shape: [2], values: Uint8Array.of(7, 8) });
    await expect(data.readNpy('y.npy')).rejects.toThrow(`no file y.npy in ${path}`);
  });
});
