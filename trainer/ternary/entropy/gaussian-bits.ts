/** Bits per value that Gaussian gradients need: what to expect of entropy coding before there are any. */
export interface GaussianBits {
  readonly push: number;
  /** Of the sum of all members. */
  readonly pull: number;
}

/** @param clip in standard deviations, above 0: the scaler is clip * sigma. */
export function gaussianBits(clip: number, members: number): GaussianBits {
  const nonZero = shareOfNonZero(clip);
  const code = [nonZero / 2, 1 - nonZero, nonZero / 2];
  let sum = code;
  for (let member = 1; member < members; member++) sum = convolved(sum, code);
  return { push: entropyOf(code), pull: entropyOf(sum) };
}

/** Shannon's entropy in bits. */
export function entropyOf(probabilities: readonly number[]): number {
  return probabilities.reduce((bits, p) => (p > 0 ? bits - p * Math.log2(p) : bits), 0);
}

/** E[min(|g| / s, 1)] of a standard normal g, by the midpoint rule: far more exact than gradients are Gaussian. */
function shareOfNonZero(scaler: number): number {
  const steps = 4000;
  const end = 8;
  const width = end / steps;
  let share = 0;
  for (let i = 0; i < steps; i++) {
    const g = (i + 0.5) * width;
    share += Math.min(g / scaler, 1) * Math.exp((-g * g) / 2) * width;
  }
  return share * Math.sqrt(2 / Math.PI);
}

function convolved(one: readonly number[], other: readonly number[]): number[] {
  const out = Array.from({ length: one.length + other.length - 1 }, () => 0);
  for (const [i, p] of one.entries()) for (const [j, q] of other.entries()) out[i + j]! += p * q;
  return out;
}
