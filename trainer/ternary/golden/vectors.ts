import { planChunks } from '../chunks.ts';
import { createCodec } from '../codec.ts';
import type { Kernels } from '../kernels.ts';
import { planLayout } from '../layout.ts';
import type { NoiseKey } from '../noise.ts';
import { localScalers } from '../scaler.ts';
import { createGradientMeter } from '../statistics.ts';

/** What one gradient becomes, as hexadecimal bytes: the wire format, fixed by example. */
export interface GoldenVector {
  readonly noise: NoiseKey;
  /** Sizes of the tensors. */
  readonly sizes: readonly number[];
  readonly scalers: string;
  readonly base3: string;
  readonly twoBit: string;
  readonly float16: string;
  /** Pull payloads of members with ranks 0..N-1 that all have this gradient, by N. */
  readonly sums: Readonly<Record<number, string>>;
  /** The mean that N = 4 members decode, float32. */
  readonly decoded: string;
}

export const GOLDEN_MEMORY_PAGES = 8;

const SCRATCH = 64;
const GRADIENT = 131_072;
const OUT = 196_608;
const PUSH_STRIDE = 1024;
const PUSH = 262_144;
const MEMBERS = [1, 2, 3, 4, 5, 8, 12, 20, 127, 128, 255];

const cases: readonly { readonly noise: NoiseKey; readonly sizes: readonly number[] }[] = [
  { noise: { seed: 1, step: 0, rank: 0 }, sizes: [80] },
  { noise: { seed: 1, step: 1, rank: 3 }, sizes: [1, 7, 150] },
  { noise: { seed: 4_294_967_295, step: 5_000_000_000, rank: 126 }, sizes: [33, 81] },
];

/** @param kernels over a memory of `GOLDEN_MEMORY_PAGES`. */
export function goldenVectors(kernels: Kernels): GoldenVector[] {
  return cases.map(({ noise, sizes }) => goldenVector(kernels, noise, sizes));
}

function goldenVector(kernels: Kernels, noise: NoiseKey, sizes: readonly number[]): GoldenVector {
  const layout = planLayout(
    sizes.map((size, index) => ({ name: `t${index}`, shape: [size], size })),
    () => false,
  );
  const plan = planChunks(layout, { chunkValues: layout.values, scalerScope: 'tensor' });
  const chunk = plan.chunks[0]!;
  const place = { kernels, plan, scratch: SCRATCH };
  const base3 = createCodec({ ...place, format: 'ternary', packing: 'base3', scaler: 'shared' });
  const twoBit = createCodec({ ...place, format: 'ternary', packing: '2bit', scaler: 'shared' });
  const float16 = createCodec({ ...place, format: 'float16' });
  const hex = (at: number, bytes: number): string =>
    Buffer.from(new Uint8Array(kernels.memory.buffer, at, bytes)).toString('hex');

  const flat = new Float32Array(kernels.memory.buffer, GRADIENT, layout.values).fill(0);
  for (const { offset, size } of layout.slots) flat.set(gradientOf(size), offset);

  const statistics = createGradientMeter(kernels, layout, plan, SCRATCH).measure(GRADIENT);
  const scalers = localScalers(statistics, 2.5, new Float32Array(plan.units));
  const encodeWith = (codec: typeof base3): string => {
    return hex(OUT, codec.encode(chunk, { gradient: GRADIENT, scalers, noise, out: OUT }));
  };
  const pushes = { base3: encodeWith(base3), twoBit: encodeWith(twoBit), float16: encodeWith(float16) };

  const contributions = Array.from({ length: Math.max(...MEMBERS) }, (_, rank) => PUSH + rank * PUSH_STRIDE);
  const contributionBytes = contributions.map((out, rank) =>
    base3.encode(chunk, { gradient: GRADIENT, scalers, noise: { ...noise, rank }, out }),
  );
  const reduce = (members: number): number =>
    base3.reduce(chunk, {
      contributions: contributions.slice(0, members),
      contributionBytes: contributionBytes.slice(0, members),
      scalers,
      out: OUT,
    });
  const sums: Record<number, string> = {};
  for (const members of MEMBERS) {
    sums[members] = hex(OUT, reduce(members));
  }
  base3.decode(chunk, { payload: OUT, payloadBytes: reduce(4), members: 4, scalers, gradient: GRADIENT });
  const decoded = hex(GRADIENT, layout.values * 4);
  return { noise, sizes, scalers: Buffer.from(scalers.buffer).toString('hex'), ...pushes, sums, decoded };
}

/** Dyadic fractions, exact in float32 on any machine: no library function whose last bit may differ. */
function gradientOf(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => (((i * 37 + 11) % 101) - 50) / 1024);
}
