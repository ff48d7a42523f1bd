import { allInOrder } from './all-in-order.ts';
import { DataError } from './data-error.ts';
import { readDataFile, type DataFile } from './data-file.ts';
import type { LabelledArrays, LabelledDataset } from './labelled.ts';

/**
 * CIFAR-10, binary version, https://www.cs.toronto.edu/~kriz/cifar.html. Records follow each other without a header:
 *
 * | offset | bytes | what                            |
 * | ------ | ----- | ------------------------------- |
 * | 0      | 1     | label, 0..9                     |
 * | 1      | 1024  | red, 32 rows of 32              |
 * | 1025   | 1024  | green                           |
 * | 2049   | 1024  | blue                            |
 */
const CIFAR10_CLASSES = 10;
const SIDE = 32;
const CHANNELS = 3;
const PLANE_BYTES = SIDE * SIDE;
const IMAGE_BYTES = PLANE_BYTES * CHANNELS;
const RECORD_BYTES = 1 + IMAGE_BYTES;

const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const TEST_FILES = ['test_batch.bin'];
const FOLDER = 'cifar-10-batches-bin';

export const CIFAR10_REMEDY =
  'download and unpack cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and set data.path to ' +
  `its folder ${FOLDER}; or set data.name to synthetic to try without it`;

/** @param directory the folder `cifar-10-batches-bin`, or the one it lies in. */
export async function readCifar10(directory: string): Promise<LabelledDataset> {
  const read = async (names: readonly string[]): Promise<LabelledArrays> =>
    joinRecords(
      await allInOrder(
        names.map((name) => readDataFile(directory, [name, `${FOLDER}/${name}`], CIFAR10_REMEDY)),
      ),
    );
  const [train, test] = await allInOrder([read(TRAIN_FILES), read(TEST_FILES)]);
  return { classes: CIFAR10_CLASSES, train, test };
}

/** Puts the records of all files together; each image from planes to height, width, channel. */
export function joinRecords(files: readonly DataFile[]): LabelledArrays {
  const counts = files.map(recordCount);
  const count = counts.reduce((sum, records) => sum + records, 0);
  const values = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  let example = 0;
  for (const [i, { path, bytes }] of files.entries()) {
    for (let record = 0; record < counts[i]!; record++, example++) {
      const start = record * RECORD_BYTES;
      const label = bytes[start]!;
      if (label >= CIFAR10_CLASSES) {
        throw new DataError(
          `${path}: label at offset ${start} is ${label}, expected 0..${CIFAR10_CLASSES - 1}`,
        );
      }
      labels[example] = label;
      interleave(bytes, start + 1, values, example * IMAGE_BYTES);
    }
  }
  return { count, shape: [SIDE, SIDE, CHANNELS], values, labels };
}

function recordCount({ path, bytes }: DataFile): number {
  const records = bytes.length / RECORD_BYTES;
  if (Number.isInteger(records) && records > 0) return records;
  throw new DataError(
    `${path}: ${bytes.length} bytes, expected a multiple of ${RECORD_BYTES} (one record); the file is truncated, ` +
      'or not the binary version',
  );
}

function interleave(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
  for (let channel = 0; channel < CHANNELS; channel++) {
    const plane = fromStart + channel * PLANE_BYTES;
    for (let pixel = 0; pixel < PLANE_BYTES; pixel++) {
      to[toStart + pixel * CHANNELS + channel] = from[plane + pixel]!;
    }
  }
}
