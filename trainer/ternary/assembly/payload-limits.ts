export function maxByte(bytes: usize, count: u32): u32 {
  let lanes = i8x16.splat(0);
  const end = bytes + (count as usize);
  for (; bytes + 16 <= end; bytes += 16) lanes = i8x16.max_u(lanes, v128.load(bytes));
  lanes = i16x8.max_u(v128.and(lanes, i16x8.splat(0x00ff)), i16x8.shr_u(lanes, 8));
  let largest = largestWord(lanes);
  for (; bytes < end; bytes++) largest = max(largest, load<u8>(bytes) as u32);
  return largest;
}

export function maxWord(words: usize, count: u32, mask: u32): u32 {
  const masks = i16x8.splat(mask as i16);
  let lanes = i16x8.splat(0);
  const end = words + ((count as usize) << 1);
  for (; words + 16 <= end; words += 16) lanes = i16x8.max_u(lanes, v128.and(v128.load(words), masks));
  let largest = largestWord(lanes);
  for (; words < end; words += 2) largest = max(largest, (load<u16>(words) as u32) & mask);
  return largest;
}

export function hasThree(bytes: usize, count: u32): u32 {
  const lowBits = i8x16.splat(0x55);
  let threes = i8x16.splat(0);
  const end = bytes + (count as usize);
  for (; bytes + 16 <= end; bytes += 16) {
    const codes = v128.load(bytes);
    threes = v128.or(threes, v128.and(v128.and(codes, i16x8.shr_u(codes, 1)), lowBits));
  }
  let found: u32 = v128.any_true(threes) ? 1 : 0;
  for (; bytes < end; bytes++) {
    const codes = load<u8>(bytes) as u32;
    if (codes & (codes >> 1) & 0x55) found = 1;
  }
  return found;
}

export function maxAbsoluteBits(floats: usize, count: u32): u32 {
  const magnitude = i32x4.splat(0x7fffffff);
  let lanes = i32x4.splat(0);
  const end = floats + ((count as usize) << 2);
  for (; floats + 16 <= end; floats += 16) lanes = i32x4.max_s(lanes, v128.and(v128.load(floats), magnitude));
  let largest = max(
    max(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1)),
    max(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3)),
  );
  for (; floats < end; floats += 4) largest = max(largest, load<i32>(floats) & 0x7fffffff);
  return largest;
}

// @ts-ignore: decorator
@inline
function largestWord(lanes: v128): u32 {
  lanes = i16x8.max_u(lanes, v128.shuffle<u64>(lanes, lanes, 1, 0));
  const pair = v128.extract_lane<u64>(lanes, 0);
  const low = max((pair & 0xffff) as u32, ((pair >> 16) & 0xffff) as u32);
  return max(low, max(((pair >> 32) & 0xffff) as u32, (pair >> 48) as u32));
}
