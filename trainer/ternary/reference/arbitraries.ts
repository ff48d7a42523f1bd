import fc from 'fast-check';

/** float32 gradients as they come and as they should not: all scales, zeros of both signs, subnormals, huge values. */
export function gradientValues(size: { minLength: number; maxLength: number }): fc.Arbitrary<Float32Array> {
  const usual = fc.double({ min: -1, max: 1, noNaN: true });
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
  const special = fc.constantFrom(
    0,
    -0,
    2 ** -149,
    -(2 ** -140),
    2 ** -126,
    3.4028234663852886e38,
    -1e30,
    65_504,
  );
  const value = fc.oneof({ weight: 8, arbitrary: usual }, { weight: 2, arbitrary: finite }, special);
  const scale = fc.constantFrom(1, 1e-3, 1e-8);
  return fc
    .tuple(fc.array(value, { ...size, size: 'max' }), scale)
    .map(([values, factor]) => Float32Array.from(values, (x) => x * factor));
}

/** The values, padded with zeros to whole blocks. */
export function padded(values: Float32Array, blockValues: number): Float32Array {
  const whole = new Float32Array(Math.ceil(values.length / blockValues) * blockValues);
  whole.set(values);
  return whole;
}
