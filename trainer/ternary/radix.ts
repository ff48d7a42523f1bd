/**
 * How small integers are packed into lanes: k digits of radix r in one lane of 1 or 2 bytes.
 *
 * A chunk's digits are rows of 16 values. Packing takes k rows at a time and computes, lane by lane,
 *
 *     lane = ((row0 * r + row1) * r + row2) * r + ...      the first row is the most significant digit
 *
 * so it is Horner's rule with vectors and needs no shuffle. Rows missing in the last group count as digit 0.
 * Unpacking divides by r again and again; the division is a multiplication: floor(x / r) = (x * multiplier) >> shift,
 * exact for every packed value x < r^k (a test tries all of them).
 */
export interface Radix {
  /** Digits are 0 .. radix - 1. */
  readonly radix: number;
  /** Rows per group. */
  readonly digits: number;
  readonly laneBytes: 1 | 2;
  readonly multiplier: number;
  readonly shift: number;
}

/** Values per row: the bytes of one vector. */
export const ROW_VALUES = 16;
export const ROWS_PER_BLOCK = 5;

/** Five codes in a byte: 1.6 bits per value. */
export const BASE3: Radix = radixOf(3, 5, 1);
/** Four codes in a byte. */
export const TWO_BIT: Radix = radixOf(4, 4, 1);

/** Most digits per byte in lanes of one or two bytes; of one where equal. @param radix 2..256. */
export function densestRadix(radix: number): Radix {
  const inByte = digitsBelow(radix, 0x100);
  const inTwoBytes = digitsBelow(radix, 0x1_0000);
  return inTwoBytes > 2 * inByte ? radixOf(radix, inTwoBytes, 2) : radixOf(radix, inByte, 1);
}

/** Most digits in lanes of one byte. @param radix 2..256. */
export function byteRadix(radix: number): Radix {
  return radixOf(radix, digitsBelow(radix, 0x100), 1);
}

/** Of one digit. */
export function bitsOf({ digits, laneBytes }: Radix): number {
  return (8 * laneBytes) / digits;
}

/** Bytes of `blocks` blocks of digits. */
export function packedBytes(blocks: number, { digits, laneBytes }: Radix): number {
  return Math.ceil((blocks * ROWS_PER_BLOCK) / digits) * ROW_VALUES * laneBytes;
}

function digitsBelow(radix: number, bound: number): number {
  let digits = 0;
  for (let size = radix; size <= bound; size *= radix) digits++;
  return digits;
}

/**
 * The kernels multiply 16-bit lanes (one-byte ones widened) by a 16-bit multiplier; the products of one-byte lanes stay
 * in 16 bits, those of two-byte lanes in 32. The multiplier is the finest rounded-up fraction that fits.
 */
function radixOf(radix: number, digits: number, laneBytes: 1 | 2): Radix {
  const largest = radix ** digits - 1;
  const multiplierOf = (shift: number): number => Math.ceil(2 ** shift / radix);
  const fits = (shift: number): boolean =>
    multiplierOf(shift) < 0x1_0000 && multiplierOf(shift) * largest < 2 ** (16 * laneBytes);
  let shift = 8 * laneBytes;
  while (fits(shift + 1)) shift++;
  return { radix, digits, laneBytes, multiplier: multiplierOf(shift), shift };
}
