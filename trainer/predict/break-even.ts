/** Where a coding stops to pay, over link rates. */
export type BreakEven =
  /** It is ahead up to this rate, and not above. */
  | { readonly kind: 'upTo'; readonly bitsPerSecond: number }
  | { readonly kind: 'everywhere' }
  | { readonly kind: 'nowhere' };

const LEAST_RATE = 1e6;
const MOST_RATE = 4e12;
const RATES_PER_DECADE = 20;
const REFINEMENTS = 20;

/**
 * The highest rate at which `ownMs` is below `otherMs` by more than `margin` of it, found on a grid and then by halving: the
 * difference of two codings need not fall with the rate everywhere.
 */
export function breakEven(
  ownMs: (bitsPerSecond: number) => number,
  otherMs: (bitsPerSecond: number) => number,
  margin = 0.02,
): BreakEven {
  const isAhead = (rate: number): boolean => ownMs(rate) < otherMs(rate) * (1 - margin);
  const count = Math.round(Math.log10(MOST_RATE / LEAST_RATE) * RATES_PER_DECADE);
  const rates = Array.from({ length: count + 1 }, (_, i) => LEAST_RATE * 10 ** (i / RATES_PER_DECADE));
  const last = rates.findLastIndex(isAhead);
  if (last < 0) return { kind: 'nowhere' };
  if (last === rates.length - 1) return { kind: 'everywhere' };
  let low = rates[last] as number;
  let high = rates[last + 1] as number;
  for (let i = 0; i < REFINEMENTS; i += 1) {
    const middle = Math.sqrt(low * high);
    if (isAhead(middle)) low = middle;
    else high = middle;
  }
  return { kind: 'upTo', bitsPerSecond: low };
}
