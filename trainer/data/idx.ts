import { DataError } from './data-error.ts';
import type { DataFile } from './data-file.ts';

/**
 * The IDX format of MNIST, http://yann.lecun.com/exdb/mnist (section "File formats"). All numbers big endian.
 *
 * | offset    | bytes | what                                  |
 * | --------- | ----- | ------------------------------------- |
 * | 0         | 2     | 0                                     |
 * | 2         | 1     | element type, 0x08 = unsigned byte    |
 * | 3         | 1     | number of dimensions d                |
 * | 4         | 4 d   | length of each dimension              |
 * | 4 + 4 d   |       | elements, the last dimension fastest  |
 */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const TYPE_OFFSET = 2;
const DIMENSIONS_OFFSET = 3;
const LENGTHS_OFFSET = 4;
const LENGTH_BYTES = 4;

/**
 * Reads unsigned bytes in `dimensions` dimensions. The values are a view of the file's bytes.
 * @throws DataError naming file, offset, what was found and what was expected.
 */
export function readIdx({ path, bytes }: DataFile, dimensions: number): IdxArray {
  const headerBytes = LENGTHS_OFFSET + LENGTH_BYTES * dimensions;
  if (bytes.length < headerBytes) {
    throw new DataError(
      `${path}: ${bytes.length} bytes, but an IDX header has ${headerBytes}; the file is truncated`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expectedMagic = (UNSIGNED_BYTE << 8) | dimensions;
  if (magic !== expectedMagic) {
    throw new DataError(
      `${path}: magic number at offset 0 is ${hex(magic)}, expected ${hex(expectedMagic)} ` +
        `(type ${view.getUint8(TYPE_OFFSET)}, ${view.getUint8(DIMENSIONS_OFFSET)} dimensions found; ` +
        `type ${UNSIGNED_BYTE}, ${dimensions} dimensions expected); is it the right file, and unpacked?`,
    );
  }
  const shape = Array.from({ length: dimensions }, (_, i) =>
    view.getUint32(LENGTHS_OFFSET + LENGTH_BYTES * i),
  );
  const expectedBytes = headerBytes + shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== expectedBytes) {
    throw new DataError(
      `${path}: the header at offset ${LENGTHS_OFFSET} says ${shape.join(' x ')}, so ${expectedBytes} bytes in all, ` +
        `but the file has ${bytes.length}; copy it again`,
    );
  }
  return { shape, values: bytes.subarray(headerBytes) };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
