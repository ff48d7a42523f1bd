import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from './data-error.ts';
import { bundledMnistDirectory, readMnist } from './mnist.ts';

function images(count: number): Uint8Array {
  // 2 x 2 pixels each, pixel value = image index
  const pixels = Array.from({ length: count * 4 }, (_, i) => Math.floor(i / 4));
  return Uint8Array.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2, ...pixels]);
}

function labels(...values: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, 1, 0, 0, 0, values.length, ...values]);
}

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function directoryWith(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnist-'));
  directories.push(directory);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  return directory;
}

const whole = {
  'train-images-idx3-ubyte': images(3),
  'train-labels-idx1-ubyte': labels(1, 2, 3),
  't10k-images-idx3-ubyte': images(2),
  't10k-labels-idx1-ubyte': labels(4, 5),
};

describe('readMnist', () => {
  test('reads four files', async () => {
    const { classes, train, test: testPart } = await readMnist(await directoryWith(whole));
    expect(classes).toBe(10);
    expect(train.shape).toEqual([2, 2, 1]);
    expect([...train.values]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect([...train.labels]).toEqual([1, 2, 3]);
    expect(testPart.count).toBe(2);
  });

  test('reads packed files, and names with a dot', async () => {
    const directory = await directoryWith({
      'train-images-idx3-ubyte.gz': gzipSync(images(3)),
      'train-labels-idx1-ubyte.gz': gzipSync(labels(1, 2, 3)),
      't10k-images.idx3-ubyte': images(2),
      't10k-labels.idx1-ubyte.gz': gzipSync(labels(4, 5)),
    });
    expect([...(await readMnist(directory)).test.labels]).toEqual([4, 5]);
  });

  test.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    ['labels for other images', { 'train-labels-idx1-ubyte': labels(1, 2) }, 'holds 3 images, but'],
    ['a label beyond 9', { 't10k-labels-idx1-ubyte': labels(4, 10) }, 'label 1 is 10, expected 0..9'],
    ['images where labels should be', { 'train-labels-idx1-ubyte': images(3) }, 'magic number at offset 0'],
  ])('refuses %s', async (_what, changed, message) => {
    const directory = await directoryWith({ ...whole, ...changed });
    await expect(readMnist(directory)).rejects.toThrow(DataError);
    await expect(readMnist(directory)).rejects.toThrow(message);
  });

  test('refuses a cut gzip file by its name', async () => {
    const directory = await directoryWith(whole);
    await rm(join(directory, 'train-images-idx3-ubyte'));
    await writeFile(join(directory, 'train-images-idx3-ubyte.gz'), gzipSync(images(3)).subarray(0, 30));
    await expect(readMnist(directory)).rejects.toThrow(
      /train-images-idx3-ubyte\.gz is not a whole gzip file/,
    );
  });

  test('says which file is missing and what to do', async () => {
    const { 't10k-labels-idx1-ubyte': _left, ...files } = whole;
    await expect(readMnist(await directoryWith(files))).rejects.toThrow(
      /no file t10k-labels-idx1-ubyte or .* in .*; data\.path must be the directory with the four MNIST files/,
    );
  });

  test('the copy that comes along is the real MNIST', async () => {
    const { train, test: testPart } = await readMnist(bundledMnistDirectory());
    expect([train.count, testPart.count]).toEqual([60_000, 10_000]);
    expect(train.shape).toEqual([28, 28, 1]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  });
});
