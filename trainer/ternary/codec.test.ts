import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planChunks, type Chunk, type ChunkPlan } from './chunks.ts';
import { createCodec, type Codec, type CodecOptions } from './codec.ts';
import { loadKernels, type Kernels } from './kernels.ts';
import { FLOAT_BYTES, planLayout, type FlatLayout } from './layout.ts';
import { createPayloadCheck } from './payload-check.ts';
import { gradientValues } from './reference/arbitraries.ts';
import { referenceKernels } from './reference/index.ts';
import { fromHalf, toHalf } from './reference/half.ts';
import { SCRATCH_BYTES } from './scratch.ts';

const SCRATCH = 64;
const GRADIENT = 131_072;
const DECODED = 262_144;
const PULL = 393_216;
const PUSH = 524_288;
const PUSH_STRIDE = 131_072;
const PAGES = 528;

const { fround } = Math;

let simd: Kernels;
let reference: Kernels;
beforeAll(async () => {
  const newMemory = (): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  simd = await loadKernels(newMemory());
  reference = referenceKernels(newMemory());
  expect(SCRATCH + SCRATCH_BYTES).toBeLessThan(GRADIENT);
});

function layoutOf(sizes: readonly number[]): FlatLayout {
  return planLayout(
    sizes.map((size, index) => ({ name: `t${index}`, shape: [size], size })),
    () => false,
  );
}

type Kind =
  | { format: 'ternary'; packing: 'base3' | '2bit'; scaler: 'shared' | 'local' }
  | { format: 'float32' | 'float16' };

const kinds: [string, Kind][] = [
  ['base3, shared scaler', { format: 'ternary', packing: 'base3', scaler: 'shared' }],
  ['2bit, shared scaler', { format: 'ternary', packing: '2bit', scaler: 'shared' }],
  ['base3, local scaler', { format: 'ternary', packing: 'base3', scaler: 'local' }],
  ['2bit, local scaler', { format: 'ternary', packing: '2bit', scaler: 'local' }],
  ['float32', { format: 'float32' }],
  ['float16', { format: 'float16' }],
];

/** One exchange of a whole layout over one set of kernels. */
class Exchange {
  readonly layout: FlatLayout;
  readonly plan: ChunkPlan;
  readonly kernels: Kernels;
  readonly kind: Kind;
  readonly codec: Codec;
  /** Every payload of the last run. */
  payloads: Buffer[] = [];

  constructor(kernels: Kernels, kind: Kind, sizes: readonly number[], chunkValues: number) {
    this.kernels = kernels;
    this.kind = kind;
    this.layout = layoutOf(sizes);
    this.plan = planChunks(this.layout, { chunkValues, scalerScope: 'tensor' });
    const options: CodecOptions = { ...kind, kernels, plan: this.plan, scratch: SCRATCH };
    this.codec = createCodec(options);
  }

  floats(at: number): Float32Array {
    return new Float32Array(this.kernels.memory.buffer, at, this.layout.values);
  }

  /**
   * @param gradients by member, then by tensor.
   * @param scalers by unit, or [member * units + unit] for local scalers.
   * @returns the decoded mean by tensor; payloads stay in memory.
   */
  run(gradients: readonly (readonly Float32Array[])[], scalers: Float32Array, step = 3): Float32Array[] {
    const { codec, plan } = this;
    const members = gradients.length;
    this.floats(DECODED).fill(0);
    this.payloads = [];
    for (const chunk of plan.chunks) {
      const contributionBytes: number[] = [];
      for (const [rank, tensors] of gradients.entries()) {
        this.#place(tensors);
        const local = this.kind.format === 'ternary' && this.kind.scaler === 'local';
        const own = local ? scalers.subarray(rank * plan.units, (rank + 1) * plan.units) : scalers;
        const noise = { seed: 5, step, rank };
        const out = PUSH + rank * PUSH_STRIDE;
        const bytes = codec.encode(chunk, { gradient: GRADIENT, scalers: own, noise, out });
        this.#record(codec.pushFormat, chunk, out, bytes, members);
        contributionBytes.push(bytes);
      }
      const contributions = gradients.map((_, rank) => PUSH + rank * PUSH_STRIDE);
      const bytes = codec.reduce(chunk, { contributions, contributionBytes, scalers, out: PULL });
      this.#record(codec.pullFormat, chunk, PULL, bytes, members);
      codec.decode(chunk, { payload: PULL, payloadBytes: bytes, members, scalers, gradient: DECODED });
    }
    const decoded = this.floats(DECODED);
    return this.layout.slots.map(({ offset, size }) => decoded.slice(offset, offset + size));
  }

  #place(tensors: readonly Float32Array[]): void {
    const flat = this.floats(GRADIENT);
    flat.fill(0);
    for (const { index, offset } of this.layout.slots) flat.set(tensors[index]!, offset);
  }

  #record(format: Codec['pushFormat'], chunk: Chunk, at: number, bytes: number, members: number): void {
    const payload = new Uint8Array(this.kernels.memory.buffer, at, bytes);
    this.payloads.push(Buffer.from(payload));
    expect(createPayloadCheck(this.kernels, SCRATCH)(format, chunk, payload, members)).toBeUndefined();
  }
}

function maximumOf(values: Float32Array): number {
  return values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
}

describe.each(kinds)('%s', (_name, kind) => {
  test('SIMD and reference exchange the same bytes for any tensors, chunks and members', () => {
    const tensors = fc.array(gradientValues({ minLength: 1, maxLength: 200 }), {
      minLength: 1,
      maxLength: 4,
    });
    const members = fc.constantFrom(1, 2, 3, 4, 6, 8, 9, 20);
    fc.assert(
      fc.property(tensors, members, fc.integer({ min: 1, max: 6 }), (shapes, count, chunkBlocks) => {
        const limit = kind.format === 'float16' ? 60_000 : 1e30;
        const clamped = shapes.map((values) => values.map((x) => Math.max(-limit, Math.min(limit, x))));
        const gradients = Array.from({ length: count }, (_, rank) =>
          clamped.map((values) =>
            values.map((x, i) => (rank % 2 === 0 ? x : values[(i + rank) % values.length]!)),
          ),
        );
        const scalers = Float32Array.from({ length: count * shapes.length }, (_, i) =>
          Math.max(maximumOf(clamped[i % shapes.length]!), 2 ** -100),
        );
        const sizes = shapes.map((values) => values.length);
        const [a, b] = [simd, reference].map((kernels) => {
          const exchange = new Exchange(kernels, kind, sizes, chunkBlocks * 80);
          return { decoded: exchange.run(gradients, scalers), payloads: exchange.payloads };
        });
        expect(a!.decoded).toEqual(b!.decoded);
        expect(a!.payloads.every((payload, i) => payload.equals(b!.payloads[i]!))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each([1, 2, 3, 4, 8, 20, 127, 255])('is unbiased over %i members and 1000 steps', (members) => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7) * 0.01);
    const scaler = maximumOf(values);
    const exchange = new Exchange(simd, kind, [60], 80);
    const gradients = Array.from({ length: members }, () => [values]);
    const scalers = new Float32Array(members).fill(scaler);
    const steps = Math.max(8, Math.floor(1000 / members));
    const sums = new Float64Array(values.length);
    for (let step = 0; step < steps; step++) {
      const [mean] = exchange.run(gradients, scalers, step);
      for (const [i, x] of mean!.entries()) sums[i]! += x;
    }
    for (const [i, expected] of values.entries()) {
      // Variance of one contribution: |g| (s - |g|), see TernGrad. Floats have rounding only.
      const variance = kind.format === 'ternary' ? Math.abs(expected) * (scaler - Math.abs(expected)) : 0;
      const error = Math.sqrt(variance / (steps * members)) + scaler * 2 ** -11;
      expect(Math.abs(sums[i]! / steps - expected)).toBeLessThan(4.5 * error);
    }
  });

  test('every size from 1 to 200 comes back whole', () => {
    for (let size = 1; size <= 200; size++) {
      const signs = Float32Array.from({ length: size }, (_, i) => (i % 3) - 1);
      const exchange = new Exchange(simd, kind, [size], 160);
      // |g| = scaler always fires and 0 never does, so the codes are the values.
      expect(exchange.run([[signs], [signs]], Float32Array.of(1, 1))[0]).toEqual(signs);
    }
  });

  test('a tile border inside a tensor and inside a chunk changes nothing', () => {
    const sizes = [19_190, 50, 100];
    const tensors = sizes.map((size) => Float32Array.from({ length: size }, (_, i) => ((i * 7) % 3) - 1));
    const exchange = new Exchange(simd, kind, sizes, 80 * 400);
    const decoded = exchange.run([tensors, tensors, tensors], new Float32Array(9).fill(1));
    const tolerance = kind.format === 'float16' ? 2 ** -11 : 2 ** -22;
    for (const [index, values] of tensors.entries()) {
      expect(decoded[index]!.every((x, i) => Math.abs(x - values[i]!) <= tolerance)).toBe(true);
    }
  });
});

describe('ternary codes', () => {
  const kind: Kind = { format: 'ternary', packing: 'base3', scaler: 'shared' };

  test('density is E|g| / s', () => {
    const size = 20_000;
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i) * 0.3);
    const scaler = maximumOf(values);
    const [decoded] = new Exchange(simd, kind, [size], 20_480).run([[values]], Float32Array.of(scaler));
    const expected = values.reduce((sum, x) => sum + Math.abs(x), 0) / (size * scaler);
    const density = decoded!.filter((x) => x !== 0).length / size;
    expect(Math.abs(density - expected)).toBeLessThan((4 * 0.5) / Math.sqrt(size));
  });

  test.each([1, 2, 3, 8, 127, 128, 254, 255])(
    'the sum of %i members lies in [-N, N] steps of s / N',
    (members) => {
      const values = Float32Array.from({ length: 100 }, (_, i) => Math.cos(i));
      const gradients = Array.from({ length: members }, () => [values]);
      const [decoded] = new Exchange(simd, kind, [100], 160).run(gradients, Float32Array.of(0.8));
      const step = fround(fround(0.8) / members);
      for (const x of decoded!) {
        const sum = Math.round(x / step);
        expect(Math.abs(sum)).toBeLessThanOrEqual(members);
        expect(x).toBe(fround(sum * step));
      }
    },
  );

  test('a tensor of zeros stays zero, whatever the scaler', () => {
    const zeros = new Float32Array(50);
    for (const scaler of [0, 1]) {
      expect(new Exchange(simd, kind, [50], 80).run([[zeros]], Float32Array.of(scaler))[0]).toEqual(zeros);
    }
  });

  test('decoding rounds s / N first, then the product', () => {
    const values = Float32Array.of(1, -1, 1);
    const gradients = [[values], [values], [Float32Array.of(1, -1, 0)]];
    const s = fround(0.1);
    const [decoded] = new Exchange(simd, kind, [3], 80).run(gradients, Float32Array.of(s));
    const third = fround(s / 3);
    expect([...decoded!]).toEqual([fround(3 * third), fround(-3 * third), fround(2 * third)]);
  });
});

describe('local scalers', () => {
  test('sum in member order in float32, times 1 / N', () => {
    const kind: Kind = { format: 'ternary', packing: '2bit', scaler: 'local' };
    const scalers = Float32Array.of(1e8, 1, 0.7, 3.3);
    const gradients = [1, -1, 1, 1].map((sign, i) => [Float32Array.of(sign * scalers[i]!)]);
    const [decoded] = new Exchange(simd, kind, [1], 80).run(gradients, scalers);
    const sum = fround(fround(fround(scalers[0]! - scalers[1]!) + scalers[2]!) + scalers[3]!);
    expect(decoded![0]).toBe(fround(sum * fround(1 / 4)));
  });
});

describe('float payloads', () => {
  test('float32 is the mean in member order', () => {
    const gradients = [0.1, 1e8, -1e8].map((x) => [Float32Array.of(x)]);
    const [decoded] = new Exchange(simd, { format: 'float32' }, [1], 80).run(gradients, new Float32Array(1));
    const sum = fround(fround(fround(0.1) + 1e8) - 1e8);
    expect(decoded![0]).toBe(fround(sum * fround(1 / 3)));
  });

  test('float16 is the mean of decoded contributions, rounded again', () => {
    const values = [0.1, 0.2, 0.3];
    const gradients = values.map((x) => [Float32Array.of(x)]);
    const [decoded] = new Exchange(simd, { format: 'float16' }, [1], 80).run(gradients, new Float32Array(1));
    const halves = values.map((x) => fromHalf(toHalf(fround(x))));
    const sum = fround(fround(halves[0]! + halves[1]!) + halves[2]!);
    expect(decoded![0]).toBe(fromHalf(toHalf(fround(sum * fround(1 / 3)))));
  });

  test('carry no padding', () => {
    const exchange = new Exchange(simd, { format: 'float32' }, [10, 3], 160);
    const [chunk] = exchange.plan.chunks;
    expect(exchange.codec.pushBytes(chunk!)).toBe(13 * FLOAT_BYTES);
    expect(exchange.codec.pullBytes(chunk!, 4)).toBe(13 * FLOAT_BYTES);
  });
});
