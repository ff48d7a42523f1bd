const ROW: usize = 16;

/**
 * The digits of one-byte lanes, last row first. The division works on even and odd bytes as 16-bit lanes.
 * ADD: rows += digits, else rows = digits.
 */
// @ts-ignore: decorator
@inline
function unpackByteLanes(
  packed: usize,
  rowCount: u32,
  rows: usize,
  digits: u32,
  radix: u32,
  multiplier: u32,
  shift: i32,
  add: bool,
): void {
  const factor = i16x8.splat(multiplier as i16);
  const base = i16x8.splat(radix as i16);
  const evenBytes = i16x8.splat(0x00ff);
  const end = rows + (rowCount as usize) * ROW;
  const group = (digits as usize) * ROW;
  for (; rows < end; rows += group, packed += ROW) {
    let rest = v128.load(packed);
    for (let row = rows + group - ROW; row > rows; row -= ROW) {
      const even = i16x8.shr_u(i16x8.mul(v128.and(rest, evenBytes), factor), shift);
      const odd = i16x8.shr_u(i16x8.mul(i16x8.shr_u(rest, 8), factor), shift);
      const quotient = v128.or(even, i16x8.shl(odd, 8));
      // quotient * radix <= rest in each byte, so the 16-bit product has no carry between them.
      const digit = i8x16.sub(rest, i16x8.mul(quotient, base));
      if (row < end) v128.store(row, add ? i8x16.add(v128.load(row), digit) : digit);
      rest = quotient;
    }
    v128.store(rows, add ? i8x16.add(v128.load(rows), rest) : rest);
  }
}

export function unpackBytes(
  packed: usize,
  rowCount: u32,
  rows: usize,
  digits: u32,
  radix: u32,
  multiplier: u32,
  shift: i32,
): void {
  if (radix == 3) unpackByteLanes(packed, rowCount, rows, 5, 3, 171, 9, false);
  else if (radix == 4) unpackByteLanes(packed, rowCount, rows, 4, 4, 256, 10, false);
  else unpackByteLanes(packed, rowCount, rows, digits, radix, multiplier, shift, false);
}

export function addBytes(
  packed: usize,
  rowCount: u32,
  rows: usize,
  digits: u32,
  radix: u32,
  multiplier: u32,
  shift: i32,
): void {
  if (radix == 3) unpackByteLanes(packed, rowCount, rows, 5, 3, 171, 9, true);
  else if (radix == 4) unpackByteLanes(packed, rowCount, rows, 4, 4, 256, 10, true);
  else unpackByteLanes(packed, rowCount, rows, digits, radix, multiplier, shift, true);
}

/** floor(lane / radix) of eight 16-bit lanes through 32-bit products. */
// @ts-ignore: decorator
@inline
function divideWords(lanes: v128, factor: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_u(
    i32x4.shr_u(i32x4.extmul_low_i16x8_u(lanes, factor), shift),
    i32x4.shr_u(i32x4.extmul_high_i16x8_u(lanes, factor), shift),
  );
}

export function unpackWords(
  packed: usize,
  rowCount: u32,
  rows: usize,
  digits: u32,
  radix: u32,
  multiplier: u32,
  shift: i32,
): void {
  const factor = i16x8.splat(multiplier as i16);
  const base = i16x8.splat(radix as i16);
  const end = rows + (rowCount as usize) * ROW;
  const group = (digits as usize) * ROW;
  for (; rows < end; rows += group, packed += 2 * ROW) {
    let low = v128.load(packed);
    let high = v128.load(packed, ROW);
    for (let row = rows + group - ROW; row > rows; row -= ROW) {
      const lowQuotient = divideWords(low, factor, shift);
      const highQuotient = divideWords(high, factor, shift);
      if (row < end) {
        v128.store(
          row,
          i8x16.narrow_i16x8_u(
            i16x8.sub(low, i16x8.mul(lowQuotient, base)),
            i16x8.sub(high, i16x8.mul(highQuotient, base)),
          ),
        );
      }
      low = lowQuotient;
      high = highQuotient;
    }
    v128.store(rows, i8x16.narrow_i16x8_u(low, high));
  }
}
