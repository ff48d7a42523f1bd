export function copy(from: usize, to: usize, bytes: u32): void {
  memory.copy(to, from, bytes);
}

export function addFloats(sum: usize, values: usize, count: u32): void {
  const end = sum + ((count as usize) << 2);
  for (; sum + 16 <= end; sum += 16, values += 16) {
    v128.store(sum, f32x4.add(v128.load(sum), v128.load(values)));
  }
  for (; sum < end; sum += 4, values += 4) store<f32>(sum, load<f32>(sum) + load<f32>(values));
}

export function scaleFloats(values: usize, count: u32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = values + ((count as usize) << 2);
  for (; values + 16 <= end; values += 16) v128.store(values, f32x4.mul(v128.load(values), factors));
  for (; values < end; values += 4) store<f32>(values, load<f32>(values) * factor);
}

export function rowsToFloats(rows: usize, blocks: u32, out: usize, bias: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const biases = i16x8.splat(bias as i16);
  const end = rows + (blocks as usize) * 80;
  for (; rows < end; rows += 16, out += 64) {
    const row = v128.load(rows);
    const low = i16x8.sub(i16x8.extend_low_i8x16_u(row), biases);
    const high = i16x8.sub(i16x8.extend_high_i8x16_u(row), biases);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), factors));
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), factors), 16);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), factors), 32);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), factors), 48);
  }
}

export function wordsToFloats(words: usize, blocks: u32, out: usize, bias: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const biases = i16x8.splat(bias as i16);
  const end = words + (blocks as usize) * 160;
  for (; words < end; words += 16, out += 32) {
    const eight = i16x8.sub(v128.load(words), biases);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight)), factors));
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight)), factors), 16);
  }
}

export function addRowsToFloats(rows: usize, blocks: u32, sum: usize, bias: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const biases = i16x8.splat(bias as i16);
  const end = rows + (blocks as usize) * 80;
  for (; rows < end; rows += 16, sum += 64) {
    const row = v128.load(rows);
    const low = i16x8.sub(i16x8.extend_low_i8x16_u(row), biases);
    const high = i16x8.sub(i16x8.extend_high_i8x16_u(row), biases);
    addScaled(sum, i32x4.extend_low_i16x8_s(low), factors);
    addScaled(sum + 16, i32x4.extend_high_i16x8_s(low), factors);
    addScaled(sum + 32, i32x4.extend_low_i16x8_s(high), factors);
    addScaled(sum + 48, i32x4.extend_high_i16x8_s(high), factors);
  }
}

// @ts-ignore: decorator
@inline
function addScaled(sum: usize, codes: v128, factors: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(f32x4.convert_i32x4_s(codes), factors)));
}
