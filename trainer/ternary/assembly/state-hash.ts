/**
 * The running hash of a state lies in 64 bytes: sums and sums of sums of what is read, then of what is written, four
 * lanes each. In AssemblyScript there is no way to return four vectors, so each kernel loads and stores them itself.
 */
export const READ_SUM: usize = 0;
export const READ_SUMS: usize = 16;
export const WRITTEN_SUM: usize = 32;
export const WRITTEN_SUMS: usize = 48;

/** Brings the sign and the exponent down: modulo 2^32, a sum knows of the top bit only whether it flipped evenly often. */
// @ts-ignore: decorator
@inline
export function mixed(word: v128): v128 {
  return v128.xor(word, i32x4.shr_u(word, 15));
}
