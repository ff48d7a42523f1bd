import type { DigitKernels } from '../kernels.ts';
import { BLOCK_VALUES } from '../layout.ts';
import { ROW_VALUES } from '../radix.ts';

const { fround } = Math;

export function referenceDigits(memory: WebAssembly.Memory): DigitKernels {
  const bytes = (at: number, count: number): Uint8Array => new Uint8Array(memory.buffer, at, count);
  const words = (at: number, count: number): Uint16Array => new Uint16Array(memory.buffer, at, count);

  return {
    packBytes: (rows, rowCount, out, digits, radix) =>
      pack(bytes(rows, rowCount * ROW_VALUES), bytes(out, lanesOf(rowCount, digits)), digits, radix),
    packWords: (rows, rowCount, out, digits, radix) =>
      pack(bytes(rows, rowCount * ROW_VALUES), words(out, lanesOf(rowCount, digits)), digits, radix),
    unpackBytes: (packed, rowCount, rows, digits, radix) =>
      unpack(
        bytes(packed, lanesOf(rowCount, digits)),
        bytes(rows, rowCount * ROW_VALUES),
        digits,
        radix,
        false,
      ),
    unpackWords: (packed, rowCount, rows, digits, radix) =>
      unpack(
        words(packed, lanesOf(rowCount, digits)),
        bytes(rows, rowCount * ROW_VALUES),
        digits,
        radix,
        false,
      ),
    addBytes: (packed, rowCount, rows, digits, radix) =>
      unpack(
        bytes(packed, lanesOf(rowCount, digits)),
        bytes(rows, rowCount * ROW_VALUES),
        digits,
        radix,
        true,
      ),

    takeFields: (rows, rowCount, out, shift, mask) =>
      take(bytes(rows, rowCount * ROW_VALUES), bytes(out, rowCount * ROW_VALUES), shift, mask),
    appendFields: (rows, rowCount, fields, bits) =>
      append(bytes(rows, rowCount * ROW_VALUES), bytes(fields, rowCount * ROW_VALUES), bits),
    takeWordFields: (at, rowCount, out, shift, mask) =>
      take(words(at, rowCount * ROW_VALUES), bytes(out, rowCount * ROW_VALUES), shift, mask),
    appendWordFields: (at, rowCount, fields, bits) =>
      append(words(at, rowCount * ROW_VALUES), bytes(fields, rowCount * ROW_VALUES), bits),
    widenRows: (rows, rowCount, to) =>
      words(to, rowCount * ROW_VALUES).set(bytes(rows, rowCount * ROW_VALUES)),

    rowsToFloats(rows, blocks, out, bias, factor) {
      const digits = bytes(rows, blocks * BLOCK_VALUES);
      const floats = new Float32Array(memory.buffer, out, digits.length);
      for (let i = 0; i < digits.length; i++) floats[i] = (digits[i]! - bias) * fround(factor);
    },
    wordsToFloats(at, blocks, out, bias, factor) {
      const digits = words(at, blocks * BLOCK_VALUES);
      const floats = new Float32Array(memory.buffer, out, digits.length);
      for (let i = 0; i < digits.length; i++) floats[i] = (digits[i]! - bias) * fround(factor);
    },
    addRowsToFloats(rows, blocks, sum, bias, factor) {
      const digits = bytes(rows, blocks * BLOCK_VALUES);
      const floats = new Float32Array(memory.buffer, sum, digits.length);
      for (let i = 0; i < digits.length; i++) floats[i]! += fround((digits[i]! - bias) * fround(factor));
    },

    maxByte: (at, count) => bytes(at, count).reduce((largest, byte) => Math.max(largest, byte), 0),
    maxWord: (at, count, mask) =>
      words(at, count).reduce((largest, word) => Math.max(largest, word & mask), 0),
    hasThree: (at, count) => (bytes(at, count).some((byte) => (byte & (byte >> 1) & 0x55) !== 0) ? 1 : 0),
  };
}

function pack(rows: Uint8Array, lanes: Uint8Array | Uint16Array, digits: number, radix: number): void {
  for (let at = 0; at < lanes.length; at++) {
    let packed = 0;
    for (let digit = 0; digit < digits; digit++)
      packed = packed * radix + (rows[rowOf(at, digit, digits)] ?? 0);
    lanes[at] = packed;
  }
}

function unpack(
  lanes: Uint8Array | Uint16Array,
  rows: Uint8Array,
  digits: number,
  radix: number,
  add: boolean,
): void {
  for (let at = 0; at < lanes.length; at++) {
    let rest = lanes[at]!;
    for (let digit = digits - 1; digit >= 0; digit--) {
      const to = rowOf(at, digit, digits);
      // The first row takes what is left, so that bad input gives the same bytes in all implementations.
      const value = digit === 0 ? rest : rest % radix;
      if (to < rows.length) rows[to] = (add ? rows[to]! : 0) + value;
      rest = Math.floor(rest / radix);
    }
  }
}

function take(rows: Uint8Array | Uint16Array, out: Uint8Array, shift: number, mask: number): void {
  for (let i = 0; i < rows.length; i++) out[i] = (rows[i]! >> shift) & mask;
}

function append(rows: Uint8Array | Uint16Array, fields: Uint8Array, bits: number): void {
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i]! << bits) + fields[i]!;
}

function lanesOf(rowCount: number, digits: number): number {
  return Math.ceil(rowCount / digits) * ROW_VALUES;
}

/** Where the digit of a lane lies: lane `at % 16` of row `digit` of its group. */
function rowOf(at: number, digit: number, digits: number): number {
  const lane = at % ROW_VALUES;
  const group = (at - lane) / ROW_VALUES;
  return (group * digits + digit) * ROW_VALUES + lane;
}
