import { defaultChunkValues, planChunks } from '../trainer/ternary/chunks.ts';
import { createCodec } from '../trainer/ternary/codec.ts';
import { planCoderMemory } from '../trainer/ternary/entropy/coder-memory.ts';
import { createEntropyCoder, symbolBytes } from '../trainer/ternary/entropy/entropy-coder.ts';
import { entropyOf } from '../trainer/ternary/entropy/gaussian-bits.ts';
import { loadKernels } from '../trainer/ternary/kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES, planLayout } from '../trainer/ternary/layout.ts';
import { payloadBytes, type CodedFormat } from '../trainer/ternary/payload-format.ts';
import { BASE3_PACKING, sumPacking } from '../trainer/ternary/digit-packing.ts';
import { createDigitRows } from '../trainer/ternary/digit-rows.ts';
import { localScalers, shareScalers } from '../trainer/ternary/scaler.ts';
import { SCRATCH_BYTES } from '../trainer/ternary/scratch.ts';
import { createGradientMeter } from '../trainer/ternary/statistics.ts';
import { eachTile } from '../trainer/ternary/tiles.ts';

export interface CodingFigures {
  readonly plainBits: number;
  readonly codedBits: number;
  /** Of the digits' histogram over all tensors: what one model for all could reach. */
  readonly entropyBits: number;
  /** GB/s of float32, by repetition. */
  readonly codeRates: readonly number[];
  readonly decodeRates: readonly number[];
}

export interface ChunkCounter {
  /** By member: the flat gradient. */
  readonly gradients: readonly Float32Array[];
  readonly offsets: readonly number[];
  /** Scalers for which this share of the codes is not zero. */
  fillUniform(density: number): void;
  fillGaussian(): void;
  /** Ternarizes with clip 2.5 and shared scalers unless `fillUniform` chose them; codes, decodes and compares. */
  measure(repeats: number): {
    readonly push: CodingFigures;
    readonly pull: CodingFigures;
    readonly density: number;
  };
}

const CLIP = 2.5;

/** Gradients of `members` workers over tensors of these sizes, on their way through the entropy coder. */
export async function createChunkCounter(sizes: readonly number[], members: number): Promise<ChunkCounter> {
  const layout = planLayout(
    sizes.map((size, index) => ({ name: `t${index}`, shape: [size], size })),
    () => false,
  );
  const plan = planChunks(layout, { chunkValues: defaultChunkValues(layout.values), scalerScope: 'tensor' });
  const most = Math.max(...plan.chunks.map((chunk) => payloadBytes('entropy-sums', chunk, members)));
  let next = 64;
  const take = (bytes: number): number => {
    const at = next;
    next = Math.ceil((at + bytes) / 64) * 64;
    return at;
  };
  const scratch = take(SCRATCH_BYTES);
  const coderAt = take(0);
  const place = planCoderMemory(coderAt, {
    payloadBytes: most,
    symbolBytes: Math.max(...plan.chunks.map(({ blocks }) => symbolBytes(blocks, members))),
  });
  take(place.bytes);
  const gradient = Array.from({ length: members }, () => take(layout.values * FLOAT_BYTES));
  const chunkBytes = Math.max(most, ...plan.chunks.map((chunk) => payloadBytes('entropy', chunk, members)));
  const pushes = plan.chunks.map(() => gradient.map(() => take(chunkBytes)));
  const pulls = plan.chunks.map(() => take(chunkBytes));
  const back = take(chunkBytes);
  const pages = Math.ceil(next / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = await loadKernels(memory);
  const coder = createEntropyCoder(kernels, place, scratch);
  const rows = createDigitRows(kernels, scratch);
  const codec = createCodec({
    kernels,
    plan,
    scratch,
    format: 'ternary',
    packing: 'base3',
    scaler: 'shared',
  });
  const gradients = gradient.map((at) => new Float32Array(memory.buffer, at, layout.values));
  const meter = createGradientMeter(kernels, layout, plan, scratch);
  let density: number | undefined;

  function scalers(): Float32Array {
    const shared = new Float32Array(plan.units);
    if (density !== undefined) return shared.fill(0.5 / density);
    for (const at of gradient) {
      shareScalers(shared, localScalers(meter.measure(at), CLIP, new Float32Array(plan.units)));
    }
    return shared;
  }

  /** Histogram of the digits of plain payloads. */
  function histogram(format: CodedFormat, at: (c: number) => number): number[] {
    const packing = format === 'entropy' ? BASE3_PACKING : sumPacking(members);
    const counts = Array.from({ length: packing.radix }, () => 0);
    for (const [c, chunk] of plan.chunks.entries()) {
      eachTile(chunk, (firstBlock, blocks) => {
        rows.unpack(packing, { chunk, firstBlock, blocks }, at(c));
        const [where, digits] = [rows.place(packing), blocks * BLOCK_VALUES];
        const unpacked =
          packing.rowBytes === 1
            ? new Uint8Array(memory.buffer, where, digits)
            : new Uint16Array(memory.buffer, where, digits);
        for (const digit of unpacked) counts[digit]!++;
      });
    }
    return counts;
  }

  function figures(format: CodedFormat, at: (c: number) => number, repeats: number): CodingFigures {
    const codeRates: number[] = [];
    const decodeRates: number[] = [];
    let [plain, coded] = [0, 0];
    for (let repeat = 0; repeat <= repeats; repeat++) {
      let [codeMs, decodeMs] = [0, 0];
      [plain, coded] = [0, 0];
      for (const [c, chunk] of plan.chunks.entries()) {
        const full = payloadBytes(format, chunk, members);
        const began = performance.now();
        const bytes = coder.code(format, chunk, members, at(c), coder.payload);
        const done = performance.now();
        if (bytes === undefined) kernels.copy(at(c), coder.payload, full);
        const fault = coder.restore(format, chunk, members, bytes ?? full, back);
        decodeMs += performance.now() - done;
        codeMs += done - began;
        const [one, other] = [at(c), back].map((from) => new Uint8Array(memory.buffer, from, full));
        if (fault !== undefined || Buffer.compare(one!, other!) !== 0)
          throw new Error(fault ?? 'bytes differ');
        plain += full;
        coded += bytes ?? full;
      }
      // The first round only warms up.
      if (repeat === 0) continue;
      codeRates.push((layout.values * FLOAT_BYTES) / codeMs / 1e6);
      decodeRates.push((layout.values * FLOAT_BYTES) / decodeMs / 1e6);
    }
    const counts = histogram(format, at);
    const total = counts.reduce((sum, count) => sum + count, 0);
    return {
      plainBits: (plain * 8) / layout.values,
      codedBits: (coded * 8) / layout.values,
      entropyBits: entropyOf(counts.map((count) => count / total)),
      codeRates,
      decodeRates,
    };
  }

  return {
    gradients,
    offsets: layout.slots.map(({ offset }) => offset),

    fillUniform(wanted) {
      density = wanted;
      for (const [member, values] of gradients.entries())
        fillWith(values, member + 1, (random) => 2 * random() - 1);
    },

    fillGaussian() {
      density = undefined;
      for (const [member, values] of gradients.entries()) fillWith(values, member + 1, normal);
    },

    measure(repeats) {
      const shared = scalers();
      for (const [c, chunk] of plan.chunks.entries()) {
        for (const [rank, from] of gradient.entries()) {
          const noise = { seed: 1, step: 0, rank };
          codec.encode(chunk, { gradient: from, scalers: shared, noise, out: pushes[c]![rank]! });
        }
        const contributionBytes = gradient.map(() => payloadBytes('base3', chunk, 1));
        codec.reduce(chunk, {
          contributions: pushes[c]!,
          contributionBytes,
          scalers: shared,
          out: pulls[c]!,
        });
      }
      const codes = histogram('entropy', (c) => pushes[c]![0]!);
      return {
        push: figures('entropy', (c) => pushes[c]![0]!, repeats),
        pull: figures('entropy-sums', (c) => pulls[c]!, repeats),
        density: 1 - codes[1]! / layout.values,
      };
    },
  };
}

function fillWith(values: Float32Array, seed: number, value: (random: () => number) => number): void {
  let state = Math.imul(seed, 0x9e37_79b9) >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < values.length; i++) values[i] = value(random);
}

/** Box and Muller's. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}
