import { READ_SUM, READ_SUMS, WRITTEN_SUM, WRITTEN_SUMS, mixed } from './state-hash';

const BLOCK_BYTES: usize = 320;

/** g + l2 * w: coupled weight decay. */
// @ts-ignore: decorator
@inline
function decayed(gradient: usize, w: v128, l2: v128): v128 {
  return f32x4.add(v128.load(gradient), f32x4.mul(l2, w));
}

export function sgd(
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
): void {
  const rates = f32x4.splat(rate);
  const l2s = f32x4.splat(l2);
  let readSum = v128.load(hash, READ_SUM);
  let readSums = v128.load(hash, READ_SUMS);
  let writtenSum = v128.load(hash, WRITTEN_SUM);
  let writtenSums = v128.load(hash, WRITTEN_SUMS);
  const end = weights + (blocks as usize) * BLOCK_BYTES;
  for (; weights < end; weights += 16, nextWeights += 16, gradient += 16) {
    const w = v128.load(weights);
    readSum = i32x4.add(readSum, mixed(w));
    readSums = i32x4.add(readSums, readSum);
    const next = f32x4.sub(w, f32x4.mul(rates, decayed(gradient, w, l2s)));
    v128.store(nextWeights, next);
    writtenSum = i32x4.add(writtenSum, mixed(next));
    writtenSums = i32x4.add(writtenSums, writtenSum);
  }
  v128.store(hash, readSum, READ_SUM);
  v128.store(hash, readSums, READ_SUMS);
  v128.store(hash, writtenSum, WRITTEN_SUM);
  v128.store(hash, writtenSums, WRITTEN_SUMS);
}

/** What an optimizer with one slot does to a vector of weights and its slot. */
type Rule = i32;
const MOMENTUM: Rule = 0;
const NESTEROV: Rule = 1;
const RMSPROP: Rule = 2;

/** The loop that the optimizers with one slot share; `rule` is constant, so only its branch is compiled. */
// @ts-ignore: decorator
@inline
function updateOneSlot(
  rule: Rule,
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  slot: usize,
  nextSlot: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
  decay: f32,
  oneMinusDecay: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const l2s = f32x4.splat(l2);
  const decays = f32x4.splat(decay);
  const oneMinusDecays = f32x4.splat(oneMinusDecay);
  const epsilons = f32x4.splat(epsilon);
  let readSum = v128.load(hash, READ_SUM);
  let readSums = v128.load(hash, READ_SUMS);
  let writtenSum = v128.load(hash, WRITTEN_SUM);
  let writtenSums = v128.load(hash, WRITTEN_SUMS);
  const end = weights + (blocks as usize) * BLOCK_BYTES;
  for (; weights < end; weights += 16, nextWeights += 16, gradient += 16, slot += 16, nextSlot += 16) {
    const w = v128.load(weights);
    const s = v128.load(slot);
    readSum = i32x4.add(readSum, mixed(w));
    readSums = i32x4.add(readSums, readSum);
    readSum = i32x4.add(readSum, mixed(s));
    readSums = i32x4.add(readSums, readSum);

    const g = decayed(gradient, w, l2s);
    let slotAfter: v128;
    let step: v128;
    if (rule == MOMENTUM) {
      slotAfter = f32x4.add(f32x4.mul(decays, s), g);
      step = f32x4.mul(rates, slotAfter);
    } else if (rule == NESTEROV) {
      slotAfter = f32x4.add(f32x4.mul(decays, s), g);
      step = f32x4.mul(rates, f32x4.add(g, f32x4.mul(decays, slotAfter)));
    } else {
      slotAfter = f32x4.add(f32x4.mul(decays, s), f32x4.mul(oneMinusDecays, f32x4.mul(g, g)));
      step = f32x4.div(f32x4.mul(rates, g), f32x4.sqrt(f32x4.add(slotAfter, epsilons)));
    }
    const weightsAfter = f32x4.sub(w, step);
    v128.store(nextSlot, slotAfter);
    v128.store(nextWeights, weightsAfter);

    writtenSum = i32x4.add(writtenSum, mixed(weightsAfter));
    writtenSums = i32x4.add(writtenSums, writtenSum);
    writtenSum = i32x4.add(writtenSum, mixed(slotAfter));
    writtenSums = i32x4.add(writtenSums, writtenSum);
  }
  v128.store(hash, readSum, READ_SUM);
  v128.store(hash, readSums, READ_SUMS);
  v128.store(hash, writtenSum, WRITTEN_SUM);
  v128.store(hash, writtenSums, WRITTEN_SUMS);
}

export function momentum(
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  slot: usize,
  nextSlot: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
  momentum: f32,
): void {
  updateOneSlot(MOMENTUM, weights, nextWeights, gradient, slot, nextSlot, blocks, hash, rate, l2, momentum, 0, 0);
}

export function nesterov(
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  slot: usize,
  nextSlot: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
  momentum: f32,
): void {
  updateOneSlot(NESTEROV, weights, nextWeights, gradient, slot, nextSlot, blocks, hash, rate, l2, momentum, 0, 0);
}

export function rmsprop(
  weights: usize,
  nextWeights: usize,
  gradient: usize,
  slot: usize,
  nextSlot: usize,
  blocks: u32,
  hash: usize,
  rate: f32,
  l2: f32,
  decay: f32,
  oneMinusDecay: f32,
  epsilon: f32,
): void {
  updateOneSlot(RMSPROP, weights, nextWeights, gradient, slot, nextSlot, blocks, hash, rate, l2, decay, oneMinusDecay, epsilon);
}

export function movingAverage(average: usize, weights: usize, blocks: u32, decay: f32, oneMinusDecay: f32): void {
  const decays = f32x4.splat(decay);
  const rests = f32x4.splat(oneMinusDecay);
  const end = average + (blocks as usize) * BLOCK_BYTES;
  for (; average < end; average += 16, weights += 16) {
    v128.store(
      average,
      f32x4.add(f32x4.mul(decays, v128.load(average)), f32x4.mul(rests, v128.load(weights))),
    );
  }
}
