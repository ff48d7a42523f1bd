import { draw, finalizer } from './noise';

const ROW_BYTES: usize = 64;
const ROWS: i32 = 5;

/**
 * Codes -1, 0, +1 of four values as 32-bit lanes: sign(g) where u * scaler < |g|. NaN products never fire. The signed
 * conversion is one instruction where the unsigned one is many, and a second product is cheaper than a negation.
 */
// @ts-ignore: decorator
@inline
function code(values: v128, noise: v128, unit: v128, minusUnit: v128): v128 {
  const random = f32x4.convert_i32x4_s(i32x4.shr_u(noise, 8));
  const above = f32x4.gt(values, f32x4.mul(random, unit));
  const below = f32x4.lt(values, f32x4.mul(random, minusUnit));
  return i32x4.sub(below, above);
}

// @ts-ignore: decorator
@inline
function narrow(c0: v128, c1: v128, c2: v128, c3: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(c0, c1), i16x8.narrow_i32x4_s(c2, c3));
}

/** u * scaler = (24 random bits) * unit, exactly below the scaler. Without a scaler nothing is below infinity. */
// @ts-ignore: decorator
@inline
function unitOf(scaler: f32): v128 {
  return f32x4.splat(scaler > 0 ? scaler * (1.0 / 16777216.0) : Infinity);
}

// @ts-ignore: decorator
@inline
function firstCounter(firstBlock: u32): v128 {
  return i32x4.add(i32x4.splat(firstBlock << 2), i32x4(0, 1, 2, 3));
}

export function ternarizeBase3(
  values: usize,
  blocks: u32,
  scaler: f32,
  key0: u32,
  key1: u32,
  key2: u32,
  key3: u32,
  firstBlock: u32,
  out: usize,
): void {
  const unit = unitOf(scaler);
  const minusUnit = f32x4.neg(unit);
  let counter = firstCounter(firstBlock);
  const end = out + ((blocks as usize) << 4);
  for (; out < end; out += 16) {
    let x = finalizer(v128.xor(counter, i32x4.splat(key0)));
    let y = finalizer(v128.xor(counter, i32x4.splat(key1)));
    let z = finalizer(v128.xor(counter, i32x4.splat(key2)));
    let w = finalizer(v128.xor(counter, i32x4.splat(key3)));
    counter = i32x4.add(counter, i32x4.splat(4));
    let packed = i8x16.splat(0);
    for (let row = 0; row < ROWS; row++, values += ROW_BYTES) {
      x = draw(x, w);
      const c0 = code(v128.load(values), x, unit, minusUnit);
      y = draw(y, x);
      const c1 = code(v128.load(values, 16), y, unit, minusUnit);
      z = draw(z, y);
      const c2 = code(v128.load(values, 32), z, unit, minusUnit);
      w = draw(w, z);
      const c3 = code(v128.load(values, 48), w, unit, minusUnit);
      packed = i8x16.add(i8x16.add(packed, i8x16.add(packed, packed)), narrow(c0, c1, c2, c3));
    }
    // Each of the five digits is code + 1, and 1 + 3 + 9 + 27 + 81 = 121.
    v128.store(out, i8x16.add(packed, i8x16.splat(121)));
  }
}

export function ternarizeRows(
  values: usize,
  blocks: u32,
  scaler: f32,
  key0: u32,
  key1: u32,
  key2: u32,
  key3: u32,
  firstBlock: u32,
  out: usize,
): void {
  const unit = unitOf(scaler);
  const minusUnit = f32x4.neg(unit);
  let counter = firstCounter(firstBlock);
  const end = out + (blocks as usize) * 80;
  while (out < end) {
    let x = finalizer(v128.xor(counter, i32x4.splat(key0)));
    let y = finalizer(v128.xor(counter, i32x4.splat(key1)));
    let z = finalizer(v128.xor(counter, i32x4.splat(key2)));
    let w = finalizer(v128.xor(counter, i32x4.splat(key3)));
    counter = i32x4.add(counter, i32x4.splat(4));
    for (let row = 0; row < ROWS; row++, values += ROW_BYTES, out += 16) {
      x = draw(x, w);
      const c0 = code(v128.load(values), x, unit, minusUnit);
      y = draw(y, x);
      const c1 = code(v128.load(values, 16), y, unit, minusUnit);
      z = draw(z, y);
      const c2 = code(v128.load(values, 32), z, unit, minusUnit);
      w = draw(w, z);
      const c3 = code(v128.load(values, 48), w, unit, minusUnit);
      v128.store(out, i8x16.add(narrow(c0, c1, c2, c3), i8x16.splat(1)));
    }
  }
}
