/** Murmur3's 32-bit finalizer in each lane. */
// @ts-ignore: decorator
@inline
export function finalizer(x: v128): v128 {
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(x, i32x4.splat(0x85ebca6b));
  x = v128.xor(x, i32x4.shr_u(x, 13));
  x = i32x4.mul(x, i32x4.splat(0xc2b2ae35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** xorshift128 (Marsaglia 2003): the next word from the oldest and the newest of the last four. */
// @ts-ignore: decorator
@inline
export function draw(oldest: v128, newest: v128): v128 {
  const mixed = v128.xor(oldest, i32x4.shl(oldest, 11));
  return v128.xor(
    v128.xor(newest, i32x4.shr_u(newest, 19)),
    v128.xor(mixed, i32x4.shr_u(mixed, 8)),
  );
}
