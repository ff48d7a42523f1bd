import { READ_SUM, READ_SUMS, WRITTEN_SUM, WRITTEN_SUMS, mixed } from './state-hash';

const BLOCK_BYTES: usize = 320;

/** `decoupledDecay` is learning rate times weight decay (AdamW), `l2` the coupled kind (Adam); one of them is 0. */
export function adam(
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  first: usize,
  nextFirst: usize,
  second: usize,
  nextSecond: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
  decoupledDecay: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const l2s = f32x4.splat(l2);
  const decays = f32x4.splat(decoupledDecay);
  const beta1s = f32x4.splat(beta1);
  const rest1s = f32x4.splat(oneMinusBeta1);
  const beta2s = f32x4.splat(beta2);
  const rest2s = f32x4.splat(oneMinusBeta2);
  const epsilons = f32x4.splat(epsilon);
  let readSum = v128.load(hash, READ_SUM);
  let readSums = v128.load(hash, READ_SUMS);
  let writtenSum = v128.load(hash, WRITTEN_SUM);
  let writtenSums = v128.load(hash, WRITTEN_SUMS);
  const bytes = (blocks as usize) * BLOCK_BYTES;
  for (let at: usize = 0; at < bytes; at += 16) {
    const w = v128.load(weights + at);
    const m = v128.load(first + at);
    const v = v128.load(second + at);
    readSum = i32x4.add(readSum, mixed(w));
    readSums = i32x4.add(readSums, readSum);
    readSum = i32x4.add(readSum, mixed(m));
    readSums = i32x4.add(readSums, readSum);
    readSum = i32x4.add(readSum, mixed(v));
    readSums = i32x4.add(readSums, readSum);

    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(l2s, w));
    const nextM = f32x4.add(f32x4.mul(beta1s, m), f32x4.mul(rest1s, g));
    const nextV = f32x4.add(f32x4.mul(beta2s, v), f32x4.mul(rest2s, f32x4.mul(g, g)));
    const step = f32x4.div(f32x4.mul(rates, nextM), f32x4.add(f32x4.sqrt(nextV), epsilons));
    const next = f32x4.sub(f32x4.sub(w, f32x4.mul(decays, w)), step);
    v128.store(nextFirst + at, nextM);
    v128.store(nextSecond + at, nextV);
    v128.store(nextWeights + at, next);

    writtenSum = i32x4.add(writtenSum, mixed(next));
    writtenSums = i32x4.add(writtenSums, writtenSum);
    writtenSum = i32x4.add(writtenSum, mixed(nextM));
    writtenSums = i32x4.add(writtenSums, writtenSum);
    writtenSum = i32x4.add(writtenSum, mixed(nextV));
    writtenSums = i32x4.add(writtenSums, writtenSum);
  }
  v128.store(hash, readSum, READ_SUM);
  v128.store(hash, readSums, READ_SUMS);
  v128.store(hash, writtenSum, WRITTEN_SUM);
  v128.store(hash, writtenSums, WRITTEN_SUMS);
}
