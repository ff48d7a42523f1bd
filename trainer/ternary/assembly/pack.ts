const ROW: usize = 16;

/**
 * Horner's rule in one-byte lanes. Multiplying pairs of bytes as 16-bit lanes is exact: every product stays below 256,
 * so nothing carries into the upper byte.
 */
export function packBytes(rows: usize, rowCount: u32, out: usize, digits: u32, radix: u32): void {
  const factor = i16x8.splat(radix as i16);
  const end = rows + (rowCount as usize) * ROW;
  const group = (digits as usize) * ROW;
  for (; rows + group <= end; out += ROW) {
    let packed = v128.load(rows);
    const groupEnd = rows + group;
    for (rows += ROW; rows < groupEnd; rows += ROW) {
      packed = i8x16.add(i16x8.mul(packed, factor), v128.load(rows));
    }
    v128.store(out, packed);
  }
  if (rows < end) {
    let packed = i8x16.splat(0);
    for (let digit: u32 = 0; digit < digits; digit++, rows += ROW) {
      packed = i16x8.mul(packed, factor);
      if (rows < end) packed = i8x16.add(packed, v128.load(rows));
    }
    v128.store(out, packed);
  }
}

/** The same in two-byte lanes: 16 values are two vectors. */
export function packWords(rows: usize, rowCount: u32, out: usize, digits: u32, radix: u32): void {
  const factor = i16x8.splat(radix as i16);
  const end = rows + (rowCount as usize) * ROW;
  for (; rows < end; out += 2 * ROW) {
    let low = i16x8.splat(0);
    let high = i16x8.splat(0);
    for (let digit: u32 = 0; digit < digits; digit++, rows += ROW) {
      low = i16x8.mul(low, factor);
      high = i16x8.mul(high, factor);
      if (rows < end) {
        const row = v128.load(rows);
        low = i16x8.add(low, i16x8.extend_low_i8x16_u(row));
        high = i16x8.add(high, i16x8.extend_high_i8x16_u(row));
      }
    }
    v128.store(out, low);
    v128.store(out, high, ROW);
  }
}
