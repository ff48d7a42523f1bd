import { DataError } from './data-error.ts';
import type { DataFile } from './data-file.ts';

/**
 * NumPy's array format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * | offset | bytes  | what                                                                  |
 * | ------ | ------ | --------------------------------------------------------------------- |
 * | 0      | 6      | 0x93 "NUMPY"                                                          |
 * | 6      | 2      | version, major and minor                                              |
 * | 8      | 2 or 4 | length of the header, little endian; 4 bytes from version 2 on        |
 * |        |        | header: a Python dict with `descr`, `fortran_order` and `shape`       |
 * |        |        | elements                                                              |
 */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: NpyValues;
}

/** int64, NumPy's default for integers, is narrowed to int32. */
export type NpyValues = Float32Array | Float64Array | Uint8Array | Int32Array;

const MAGIC = '\u0093NUMPY';
const VERSION_OFFSET = 6;
const HEADER_LENGTH_OFFSET = 8;

interface ElementType {
  readonly bytes: number;
  /** @param data aligned copy of exactly the elements. */
  readonly read: (data: ArrayBuffer, path: string) => NpyValues;
}

const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  '|u1': { bytes: 1, read: (data) => new Uint8Array(data) },
  '<f4': { bytes: 4, read: (data) => new Float32Array(data) },
  '<i4': { bytes: 4, read: (data) => new Int32Array(data) },
  '<f8': { bytes: 8, read: (data) => new Float64Array(data) },
  '<i8': { bytes: 8, read: narrowed },
};

/**
 * Reads versions 1 to 3 of the format, little endian, in C order. The values are a copy.
 * @throws DataError naming file, offset, what was found and what was expected.
 */
export function readNpy({ path, bytes }: DataFile): NpyArray {
  const { header, dataOffset } = readHeader(path, bytes);
  const descr = field(path, header, 'descr', /'descr':\s*'([^']*)'/);
  const type = ELEMENT_TYPES[descr];
  if (type === undefined) {
    throw new DataError(
      `${path}: element type ${descr} in the header is not supported; save it as one of ` +
        `${Object.keys(ELEMENT_TYPES).join(', ')} (array.astype(...))`,
    );
  }
  if (field(path, header, 'fortran_order', /'fortran_order':\s*(True|False)/) === 'True') {
    throw new DataError(`${path}: the array is in Fortran order; save numpy.ascontiguousarray(array)`);
  }
  const shape = readShape(path, field(path, header, 'shape', /'shape':\s*\(([^)]*)\)/));
  const expectedBytes = type.bytes * shape.reduce((product, length) => product * length, 1);
  const foundBytes = bytes.length - dataOffset;
  if (foundBytes !== expectedBytes) {
    throw new DataError(
      `${path}: ${foundBytes} bytes of elements from offset ${dataOffset}, but shape (${shape.join(', ')}) of ` +
        `${descr} needs ${expectedBytes}; the file is ${foundBytes < expectedBytes ? 'truncated' : 'too long'}`,
    );
  }
  const data = new ArrayBuffer(expectedBytes);
  new Uint8Array(data).set(bytes.subarray(dataOffset));
  return { shape, values: type.read(data, path) };
}

function readHeader(path: string, bytes: Uint8Array): { header: string; dataOffset: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_LENGTH_OFFSET + 2 || latin1(bytes, 0, MAGIC.length) !== MAGIC) {
    throw new DataError(`${path}: no NumPy magic at offset 0; expected a file written by numpy.save`);
  }
  const major = view.getUint8(VERSION_OFFSET);
  if (major < 1 || major > 3) {
    throw new DataError(`${path}: format version ${major} at offset ${VERSION_OFFSET}, expected 1, 2 or 3`);
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const headerOffset = HEADER_LENGTH_OFFSET + lengthBytes;
  const isWhole = bytes.length >= headerOffset;
  const headerBytes = !isWhole
    ? Infinity
    : major === 1
      ? view.getUint16(HEADER_LENGTH_OFFSET, true)
      : view.getUint32(HEADER_LENGTH_OFFSET, true);
  const dataOffset = headerOffset + headerBytes;
  if (dataOffset > bytes.length) {
    throw new DataError(
      `${path}: the header ends at offset ${dataOffset}, but the file has ${bytes.length} bytes`,
    );
  }
  return { header: latin1(bytes, headerOffset, dataOffset), dataOffset };
}

function field(path: string, header: string, name: string, pattern: RegExp): string {
  const value = pattern.exec(header)?.[1];
  if (value === undefined) throw new DataError(`${path}: no usable '${name}' in the header ${header.trim()}`);
  return value;
}

/** `3, 4`, `3,` for one dimension, nothing for a scalar. */
function readShape(path: string, text: string): number[] {
  const lengths = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = lengths.find((length) => !/^\d+$/.test(length));
  if (wrong !== undefined) throw new DataError(`${path}: "${wrong}" in the shape (${text}) is not a length`);
  return lengths.map(Number);
}

function narrowed(data: ArrayBuffer, path: string): Int32Array {
  const wide = new BigInt64Array(data);
  return Int32Array.from(wide, (value, i) => {
    if (BigInt.asIntN(32, value) === value) return Number(value);
    throw new DataError(`${path}: element ${i} is ${value}, which does not fit int32; save it as float64`);
  });
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('latin1');
}
