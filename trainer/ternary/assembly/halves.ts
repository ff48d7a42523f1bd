/**
 * float32 -> float16 in each lane, round to nearest even. Adding a power of two chosen by the value's exponent makes
 * the float32 adder round at the right bit (subnormals included); two scalings first turn what is too large into infinity.
 * Method: Marat Dukhan's FP16 library. NaN becomes 0x7e00.
 */
// @ts-ignore: decorator
@inline
function toHalf(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const scaled = f32x4.mul(
    f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>(0x77800000))), // 2^112
    f32x4.splat(reinterpret<f32>(0x08800000)), // 2^-110
  );
  const doubled = i32x4.shl(x, 1);
  const exponent = i32x4.max_u(v128.and(doubled, i32x4.splat(0xff000000)), i32x4.splat(0x71000000));
  const rounder = i32x4.add(i32x4.shr_u(exponent, 1), i32x4.splat(0x07800000));
  const rounded = f32x4.add(rounder, scaled);
  const bits = i32x4.add(
    v128.and(i32x4.shr_u(rounded, 13), i32x4.splat(0x7c00)),
    v128.and(rounded, i32x4.splat(0x0fff)),
  );
  const nan = i32x4.gt_u(doubled, i32x4.splat(0xff000000));
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  return v128.or(sign, v128.bitselect(i32x4.splat(0x7e00), bits, nan));
}

/** float16 in the low half of each 32-bit lane -> float32, exact. */
// @ts-ignore: decorator
@inline
function fromHalf(half: v128): v128 {
  const word = i32x4.shl(half, 16);
  const sign = v128.and(word, i32x4.splat(0x80000000));
  const doubled = i32x4.add(word, word);
  const normal = f32x4.mul(
    i32x4.add(i32x4.shr_u(doubled, 4), i32x4.splat(0x70000000)),
    f32x4.splat(reinterpret<f32>(0x07800000)), // 2^-112
  );
  const subnormal = f32x4.sub(v128.or(i32x4.shr_u(doubled, 17), i32x4.splat(0x3f000000)), f32x4.splat(0.5));
  const isSubnormal = i32x4.lt_u(doubled, i32x4.splat(0x08000000));
  return v128.or(sign, v128.bitselect(subnormal, normal, isSubnormal));
}

export function floatsToHalves(floats: usize, count: u32, halves: usize): void {
  const end = floats + ((count as usize) << 2);
  for (; floats + 32 <= end; floats += 32, halves += 16) {
    v128.store(halves, i16x8.narrow_i32x4_u(toHalf(v128.load(floats)), toHalf(v128.load(floats, 16))));
  }
  for (; floats < end; floats += 4, halves += 2) {
    store<u16>(halves, i32x4.extract_lane(toHalf(f32x4.splat(load<f32>(floats))), 0) as u16);
  }
}

export function halvesToFloats(halves: usize, count: u32, floats: usize): void {
  const end = floats + ((count as usize) << 2);
  for (; floats + 32 <= end; floats += 32, halves += 16) {
    const eight = v128.load(halves);
    v128.store(floats, fromHalf(i32x4.extend_low_i16x8_u(eight)));
    v128.store(floats, fromHalf(i32x4.extend_high_i16x8_u(eight)), 16);
  }
  for (; floats < end; floats += 4, halves += 2) {
    store<f32>(floats, f32x4.extract_lane(fromHalf(i32x4.splat(load<u16>(halves) as i32)), 0));
  }
}
