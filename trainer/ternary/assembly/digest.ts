import { mixed } from './state-hash';

const MULTIPLIER: u32 = 0x85ebca6b;

/** See ../payload-digest.ts. */
export function digest(bytes: usize, count: u32): u32 {
  let sum = i32x4.splat(0);
  let sums = i32x4.splat(0);
  const end = bytes + (count as usize);
  for (; bytes + 16 <= end; bytes += 16) {
    sum = i32x4.add(sum, mixed(v128.load(bytes)));
    sums = i32x4.add(sums, sum);
  }
  if (bytes < end) {
    let low: u64 = 0;
    let high: u64 = 0;
    for (let shift: u64 = 0; bytes < end; bytes++, shift += 8) {
      const byte = load<u8>(bytes) as u64;
      if (shift < 64) low |= byte << shift;
      else high |= byte << (shift - 64);
    }
    sum = i32x4.add(sum, mixed(i64x2(low, high)));
    sums = i32x4.add(sums, sum);
  }
  return withLanes(withLanes(count, sum), sums);
}

// @ts-ignore: decorator
@inline
function withLanes(hash: u32, lanes: v128): u32 {
  hash = withWord(hash, i32x4.extract_lane(lanes, 0));
  hash = withWord(hash, i32x4.extract_lane(lanes, 1));
  hash = withWord(hash, i32x4.extract_lane(lanes, 2));
  return withWord(hash, i32x4.extract_lane(lanes, 3));
}

// @ts-ignore: decorator
@inline
function withWord(hash: u32, word: u32): u32 {
  const product = (hash ^ word) * MULTIPLIER;
  return product ^ (product >> 15);
}
