import { WRITTEN_SUM, WRITTEN_SUMS, mixed } from './state-hash';

const BLOCK_BYTES: usize = 320;

export function hashState(weights: usize, slot0: usize, slot1: usize, blocks: u32, hash: usize): void {
  let sum = v128.load(hash, WRITTEN_SUM);
  let sums = v128.load(hash, WRITTEN_SUMS);
  const bytes = (blocks as usize) * BLOCK_BYTES;
  for (let at: usize = 0; at < bytes; at += 16) {
    sum = i32x4.add(sum, mixed(v128.load(weights + at)));
    sums = i32x4.add(sums, sum);
    if (slot0) {
      sum = i32x4.add(sum, mixed(v128.load(slot0 + at)));
      sums = i32x4.add(sums, sum);
    }
    if (slot1) {
      sum = i32x4.add(sum, mixed(v128.load(slot1 + at)));
      sums = i32x4.add(sums, sum);
    }
  }
  v128.store(hash, sum, WRITTEN_SUM);
  v128.store(hash, sums, WRITTEN_SUMS);
}
