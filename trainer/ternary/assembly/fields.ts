const ROW: usize = 16;

/** Fields of one-byte rows, see ../digit-packing.ts. */
export function takeFields(rows: usize, rowCount: u32, out: usize, shift: i32, mask: u32): void {
  const masks = i8x16.splat(mask as i8);
  const end = rows + (rowCount as usize) * ROW;
  for (; rows < end; rows += ROW, out += ROW) {
    v128.store(out, v128.and(i8x16.shr_u(v128.load(rows), shift), masks));
  }
}

export function appendFields(rows: usize, rowCount: u32, fields: usize, bits: i32): void {
  const end = rows + (rowCount as usize) * ROW;
  for (; rows < end; rows += ROW, fields += ROW) {
    v128.store(rows, i8x16.add(i8x16.shl(v128.load(rows), bits), v128.load(fields)));
  }
}

/** Of two-byte rows. */
export function takeWordFields(words: usize, rowCount: u32, out: usize, shift: i32, mask: u32): void {
  const masks = i16x8.splat(mask as i16);
  const end = words + (rowCount as usize) * 2 * ROW;
  for (; words < end; words += 2 * ROW, out += ROW) {
    const low = v128.and(i16x8.shr_u(v128.load(words), shift), masks);
    const high = v128.and(i16x8.shr_u(v128.load(words, ROW), shift), masks);
    v128.store(out, i8x16.narrow_i16x8_u(low, high));
  }
}

export function appendWordFields(words: usize, rowCount: u32, fields: usize, bits: i32): void {
  const end = words + (rowCount as usize) * 2 * ROW;
  for (; words < end; words += 2 * ROW, fields += ROW) {
    const row = v128.load(fields);
    v128.store(words, i16x8.add(i16x8.shl(v128.load(words), bits), i16x8.extend_low_i8x16_u(row)));
    v128.store(
      words,
      i16x8.add(i16x8.shl(v128.load(words, ROW), bits), i16x8.extend_high_i8x16_u(row)),
      ROW,
    );
  }
}

export function widenRows(rows: usize, rowCount: u32, words: usize): void {
  const end = rows + (rowCount as usize) * ROW;
  for (; rows < end; rows += ROW, words += 2 * ROW) {
    const row = v128.load(rows);
    v128.store(words, i16x8.extend_low_i8x16_u(row));
    v128.store(words, i16x8.extend_high_i8x16_u(row), ROW);
  }
}
