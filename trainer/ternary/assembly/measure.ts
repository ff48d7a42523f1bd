const BLOCK_BYTES: usize = 320;

/**
 * float64 sums are exact enough for any tensor without a second pass, and max over the bits of |x| as integers
 * finds infinities and NaN on the way: they are the largest patterns.
 */
export function measure(values: usize, blocks: u32, out: usize): void {
  const magnitude = i32x4.splat(0x7fffffff);
  let largest = i32x4.splat(0);
  let sum01 = f64x2.splat(0);
  let sum23 = f64x2.splat(0);
  let sum45 = f64x2.splat(0);
  let sum67 = f64x2.splat(0);
  let squares01 = f64x2.splat(0);
  let squares23 = f64x2.splat(0);
  let squares45 = f64x2.splat(0);
  let squares67 = f64x2.splat(0);
  const end = values + (blocks as usize) * BLOCK_BYTES;
  for (let at = values; at < end; at += 32) {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    largest = i32x4.max_s(largest, i32x4.max_s(v128.and(first, magnitude), v128.and(second, magnitude)));
    const d01 = f64x2.promote_low_f32x4(first);
    const d23 = f64x2.promote_low_f32x4(i8x16.shuffle(first, first, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
    const d45 = f64x2.promote_low_f32x4(second);
    const d67 = f64x2.promote_low_f32x4(i8x16.shuffle(second, second, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
    sum01 = f64x2.add(sum01, d01);
    sum23 = f64x2.add(sum23, d23);
    sum45 = f64x2.add(sum45, d45);
    sum67 = f64x2.add(sum67, d67);
    squares01 = f64x2.add(squares01, f64x2.mul(d01, d01));
    squares23 = f64x2.add(squares23, f64x2.mul(d23, d23));
    squares45 = f64x2.add(squares45, f64x2.mul(d45, d45));
    squares67 = f64x2.add(squares67, f64x2.mul(d67, d67));
  }
  store<f64>(out, fold(sum01, sum23, sum45, sum67));
  store<f64>(out, fold(squares01, squares23, squares45, squares67), 8);
  store<u32>(out, largestLane(largest), 16);
}

// @ts-ignore: decorator
@inline
function fold(lane01: v128, lane23: v128, lane45: v128, lane67: v128): f64 {
  const pair = f64x2.add(f64x2.add(lane01, lane45), f64x2.add(lane23, lane67));
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

// @ts-ignore: decorator
@inline
function largestLane(lanes: v128): u32 {
  return max(
    max(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1)),
    max(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3)),
  );
}
