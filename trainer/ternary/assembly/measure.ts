const BLOCK_BYTES: usize = 320;

/**
 * Sums in float32 within a block, in float64 over blocks: nearly as fast as reading memory, and exact enough for any
 * tensor. The largest square tells the largest |x|, for one operation less than |x| itself. NaN and infinity are left to
 * the sums, which they turn into NaN or infinity.
 */
export function measure(values: usize, blocks: u32, scale: f32, out: usize): void {
  if (scale == 1) measureScaled(values, blocks, scale, out, false);
  else measureScaled(values, blocks, scale, out, true);
}

// @ts-ignore: decorator
@inline
function measureScaled(values: usize, blocks: u32, scale: f32, out: usize, scaled: bool): void {
  const scales = f32x4.splat(scale);
  // Four of each, so that no operation waits for the one before.
  let largest0 = f32x4.splat(0);
  let largest1 = f32x4.splat(0);
  let largest2 = f32x4.splat(0);
  let largest3 = f32x4.splat(0);
  let sum01 = f64x2.splat(0);
  let sum23 = f64x2.splat(0);
  let squares01 = f64x2.splat(0);
  let squares23 = f64x2.splat(0);
  const end = values + (blocks as usize) * BLOCK_BYTES;
  while (values < end) {
    let evenSum = f32x4.splat(0);
    let oddSum = f32x4.splat(0);
    let evenSquares = f32x4.splat(0);
    let oddSquares = f32x4.splat(0);
    const blockEnd = values + BLOCK_BYTES;
    for (; values < blockEnd; values += 64) {
      let x0 = v128.load(values);
      let x1 = v128.load(values, 16);
      let x2 = v128.load(values, 32);
      let x3 = v128.load(values, 48);
      if (scaled) {
        x0 = f32x4.mul(x0, scales);
        x1 = f32x4.mul(x1, scales);
        x2 = f32x4.mul(x2, scales);
        x3 = f32x4.mul(x3, scales);
      }
      evenSum = f32x4.add(f32x4.add(evenSum, x0), x2);
      oddSum = f32x4.add(f32x4.add(oddSum, x1), x3);
      const square0 = f32x4.mul(x0, x0);
      const square1 = f32x4.mul(x1, x1);
      const square2 = f32x4.mul(x2, x2);
      const square3 = f32x4.mul(x3, x3);
      largest0 = f32x4.pmax(largest0, square0);
      largest1 = f32x4.pmax(largest1, square1);
      largest2 = f32x4.pmax(largest2, square2);
      largest3 = f32x4.pmax(largest3, square3);
      evenSquares = f32x4.add(f32x4.add(evenSquares, square0), square2);
      oddSquares = f32x4.add(f32x4.add(oddSquares, square1), square3);
    }
    const sum = f32x4.add(evenSum, oddSum);
    const squares = f32x4.add(evenSquares, oddSquares);
    sum01 = f64x2.add(sum01, f64x2.promote_low_f32x4(sum));
    sum23 = f64x2.add(sum23, f64x2.promote_low_f32x4(upperHalf(sum)));
    squares01 = f64x2.add(squares01, f64x2.promote_low_f32x4(squares));
    squares23 = f64x2.add(squares23, f64x2.promote_low_f32x4(upperHalf(squares)));
  }
  store<f64>(out, fold(sum01, sum23));
  store<f64>(out, fold(squares01, squares23), 8);
  store<f32>(out, largestLane(f32x4.pmax(f32x4.pmax(largest0, largest1), f32x4.pmax(largest2, largest3))), 16);
}

// @ts-ignore: decorator
@inline
function upperHalf(lanes: v128): v128 {
  return v128.shuffle<u64>(lanes, lanes, 1, 0);
}

// @ts-ignore: decorator
@inline
function fold(lane01: v128, lane23: v128): f64 {
  const pair = f64x2.add(lane01, lane23);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

// @ts-ignore: decorator
@inline
function largestLane(lanes: v128): f32 {
  return max(
    max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
}
