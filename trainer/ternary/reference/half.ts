const MANTISSA_BITS = 10;
const SMALLEST_NORMAL = 2 ** -14;
/** Spacing of subnormal halves. */
const QUANTUM = 2 ** -24;
const OVERFLOW = 65_520;
const INFINITY = 0x7c00;
const NAN = 0x7e00;

/** A float32 value as IEEE 754 binary16, rounded to nearest even. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return NAN | (Object.is(value, -value) ? 0x8000 : 0);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= OVERFLOW) return sign | INFINITY;
  if (magnitude < SMALLEST_NORMAL) return sign | roundToEven(magnitude / QUANTUM);
  const exponent = Math.floor(Math.log2(magnitude));
  const steps = roundToEven((magnitude / 2 ** exponent) * 2 ** MANTISSA_BITS);
  // Rounding up to the next power of two carries into the exponent by itself.
  return sign | (((exponent + 14) << MANTISSA_BITS) + steps);
}

/** IEEE 754 binary16 as a number, exact. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> MANTISSA_BITS) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * QUANTUM;
  return sign * (1 + mantissa / 2 ** MANTISSA_BITS) * 2 ** (exponent - 15);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
