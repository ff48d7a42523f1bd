import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinRecords, readCifar10 } from './cifar10.ts';
import { DataError } from './data-error.ts';

const PLANE = 1024;

/** One record: the label, then a plane of each colour; every pixel of a plane has the same value. */
function record(label: number, red: number, green: number, blue: number): number[] {
  return [label, ...[red, green, blue].flatMap((value) => Array.from({ length: PLANE }, () => value))];
}

function file(...records: readonly number[][]): { path: string; bytes: Uint8Array } {
  return { path: '/data/data_batch_1.bin', bytes: Uint8Array.from(records.flat()) };
}

describe('joinRecords', () => {
  test('puts files together and interleaves the colour planes', () => {
    const { count, shape, values, labels } = joinRecords([
      file(record(3, 1, 2, 3), record(9, 4, 5, 6)),
      file(record(0, 7, 8, 9)),
    ]);
    expect(count).toBe(3);
    expect(shape).toEqual([32, 32, 3]);
    expect([...labels]).toEqual([3, 9, 0]);
    expect([...values.subarray(0, 6)]).toEqual([1, 2, 3, 1, 2, 3]);
    expect([...values.subarray(3 * PLANE - 3, 3 * PLANE + 3)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...values.subarray(-3)]).toEqual([7, 8, 9]);
  });

  test('keeps rows and columns', () => {
    const bytes = record(0, 0, 0, 0);
    bytes[1 + 32 + 5] = 77; // red, row 1, column 5
    expect(joinRecords([file(bytes)]).values[(32 + 5) * 3]).toBe(77);
  });

  test.each([
    ['a cut record', file(record(0, 1, 2, 3).slice(0, -1)), '3072 bytes, expected a multiple of 3073'],
    ['an empty file', file(), '0 bytes, expected a multiple of 3073'],
    [
      'a wrong label',
      file(record(0, 1, 1, 1), record(10, 1, 1, 1)),
      'label at offset 3073 is 10, expected 0..9',
    ],
  ])('refuses %s', (_what, broken, message) => {
    expect(() => joinRecords([broken])).toThrow(DataError);
    expect(() => joinRecords([broken])).toThrow(message);
  });
});

describe('readCifar10', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cifar-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test.each(['.', 'cifar-10-batches-bin'])('reads the six files in %s', async (folder) => {
    await mkdir(join(directory, folder), { recursive: true });
    const names = [
      'data_batch_1',
      'data_batch_2',
      'data_batch_3',
      'data_batch_4',
      'data_batch_5',
      'test_batch',
    ];
    for (const [i, name] of names.entries()) {
      await writeFile(join(directory, folder, `${name}.bin`), Uint8Array.from(record(i, i, i, i)));
    }
    const { train, test: testPart } = await readCifar10(directory);
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4]);
    expect([...testPart.labels]).toEqual([5]);
  });

  test('says where to get the files when they are not there', async () => {
    await expect(readCifar10(directory)).rejects.toThrow(
      /no file .*_batch.*\.bin .* download and unpack cifar-10-binary/,
    );
  });
});
