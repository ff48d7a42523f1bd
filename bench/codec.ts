import { planChunks, defaultChunkValues, type Chunk } from '../trainer/ternary/chunks.ts';
import { createCodec, type Codec } from '../trainer/ternary/codec.ts';
import { loadKernels, type Kernels, type OneSlot, type TwoSlots } from '../trainer/ternary/kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES, planLayout } from '../trainer/ternary/layout.ts';
import { createPayloadCheck } from '../trainer/ternary/payload-check.ts';
import { referenceKernels } from '../trainer/ternary/reference/index.ts';
import { SCRATCH_BYTES } from '../trainer/ternary/scratch.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';

/** Gradient sizes: in the cache, LeNet-like, far beyond the cache. */
const SIZES_MB = [1.05, 16.8, 268];
/** The plain TypeScript kernels are measured on less, or the bench would take minutes. */
const REFERENCE_VALUES = 262_080;
const MEMBERS = 4;
const WARM_UP_MS = 150;
const REPEATS = 7;
const REFERENCE_REPEATS = 3;

interface Rate {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

interface Row {
  readonly kernel: string;
  readonly megabytes: number;
  /** GB/s of float32 gradient. */
  readonly simd: Rate;
  readonly plain: Rate;
}

/** Every stage of a gradient's way, one thread: GB/s of float32, plain TypeScript against SIMD. */
export async function benchCodec(options: { output: 'table' | 'json' }): Promise<void> {
  const machine = describeMachine();
  const rows: Row[] = [];
  const plain = stages(referenceKernels(memoryFor(REFERENCE_VALUES)), REFERENCE_VALUES);
  const plainRates = new Map(
    plain.map((stage) => [stage.name, rateOf(stage, REFERENCE_VALUES, REFERENCE_REPEATS)]),
  );
  for (const megabytes of SIZES_MB) {
    const values = Math.round((megabytes * 1e6) / FLOAT_BYTES / BLOCK_VALUES) * BLOCK_VALUES;
    for (const stage of stages(await loadKernels(memoryFor(values)), values)) {
      const simd = rateOf(stage, values, REPEATS);
      rows.push({ kernel: stage.name, megabytes, simd, plain: plainRates.get(stage.name)! });
    }
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log('GB/s of float32 gradient, one thread, median [least-most]; "sum" is of 4 contributions\n');
  console.log(tableOf(rows));
}

interface Stage {
  readonly name: string;
  /** Gradients that one run reads; 1 when absent. */
  readonly sources?: number;
  readonly run: () => void;
}

/** The byte offsets of everything that the stages touch. */
interface Places {
  readonly scratch: number;
  readonly gradient: number;
  readonly weights: number;
  readonly slots: readonly number[];
  /** Also the places of the contributions' payloads, which start `payloadStride` apart. */
  readonly payloads: number;
  readonly payloadStride: number;
  readonly bytes: number;
}

function placesFor(values: number): Places {
  const vector = align(values * FLOAT_BYTES);
  const gradient = align(64 + SCRATCH_BYTES);
  const weights = gradient + vector;
  const slots = [weights + vector, weights + 2 * vector];
  // Five packed payloads; the float payloads of the largest size would not fit in memory as often.
  const payloads = weights + 3 * vector;
  const payloadStride = align(values / 2);
  return {
    scratch: 64,
    gradient,
    weights,
    slots,
    payloads,
    payloadStride,
    bytes: payloads + vector + 5 * payloadStride,
  };
}

function memoryFor(values: number): WebAssembly.Memory {
  const pages = Math.ceil(placesFor(values).bytes / 65_536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

function stages(kernels: Kernels, values: number): Stage[] {
  const { scratch, gradient, weights, slots, payloads, payloadStride } = placesFor(values);
  const blocks = values / BLOCK_VALUES;
  const [first, second] = [slots[0]!, slots[1]!];
  fillWithNoise(new Float32Array(kernels.memory.buffer, gradient, values));
  fillWithNoise(new Float32Array(kernels.memory.buffer, weights, values));

  const layout = planLayout([{ name: 'w', shape: [values], size: values }], () => false);
  const plan = planChunks(layout, { chunkValues: defaultChunkValues(values), scalerScope: 'tensor' });
  const place = { kernels, plan, scratch };
  const base3 = createCodec({ ...place, format: 'ternary', packing: 'base3', scaler: 'shared' });
  const twoBit = createCodec({ ...place, format: 'ternary', packing: '2bit', scaler: 'shared' });
  const float16 = createCodec({ ...place, format: 'float16' });
  const scalers = Float32Array.of(1e-3);
  const check = createPayloadCheck(kernels, scratch);

  const eachChunk = (codec: Codec, work: (chunk: Chunk, at: number) => void): void => {
    let at = payloads;
    for (const chunk of plan.chunks) {
      work(chunk, at);
      at += codec.pushBytes(chunk);
    }
  };
  const encode = (codec: Codec, member: number): void =>
    eachChunk(codec, (chunk, at) => {
      const noise = { seed: 1, step: 2, rank: member };
      codec.encode(chunk, { gradient, scalers, noise, out: at + member * payloadStride });
    });
  const pull = payloads + 4 * payloadStride;
  const sum = (codec: Codec): void =>
    eachChunk(codec, (chunk, at) => {
      const contributions = Array.from({ length: MEMBERS }, (_, member) => at + member * payloadStride);
      codec.reduce(chunk, {
        contributions,
        contributionBytes: contributions.map(() => codec.pushBytes(chunk)),
        scalers,
        out: pull,
      });
    });
  const decode = (codec: Codec): void => {
    for (const chunk of plan.chunks)
      codec.decode(chunk, {
        payload: pull,
        payloadBytes: codec.pullBytes(chunk, MEMBERS),
        members: MEMBERS,
        scalers,
        gradient: weights,
      });
  };
  const hash = scratch;
  const oneSlot: OneSlot = [weights, weights, gradient, first, first, blocks, hash];
  const twoSlots: TwoSlots = [weights, weights, gradient, first, first, second, second, blocks, hash];
  return [
    // What reading and copying alone would allow.
    { name: 'read once (largest |x|)', run: () => void kernels.maxAbsoluteBits(gradient, values) },
    { name: 'copy', run: () => kernels.copy(gradient, first, values * FLOAT_BYTES) },
    { name: 'statistics', run: () => kernels.measure(gradient, blocks, 1, scratch) },
    { name: 'ternarize + pack 2bit', run: () => encode(twoBit, 0) },
    {
      name: 'ternarize + pack base3',
      run: () => encode(base3, 0),
    },
    {
      name: 'sum base3, per source',
      sources: MEMBERS,
      run: once(
        () => [1, 2, 3].forEach((member) => encode(base3, member)),
        () => sum(base3),
      ),
    },
    {
      name: 'check base3 payload',
      run: () =>
        eachChunk(base3, (chunk, at) =>
          check('base3', chunk, new Uint8Array(kernels.memory.buffer, at, base3.pushBytes(chunk)), MEMBERS),
        ),
    },
    { name: 'decode sums of 4', run: () => decode(base3) },
    { name: 'float32 -> float16', run: () => encode(float16, 0) },
    {
      name: 'update: momentum',
      run: () => kernels.momentum(...oneSlot, 0, 0, 0.9),
    },
    {
      name: 'update: adam',
      run: () => kernels.adam(...twoSlots, 0, 0, 0, 0.9, 0.1, 0.999, 0.001, 1e-8),
    },
    {
      name: 'payload digest, float32',
      run: () => void kernels.digest(gradient, blocks * BLOCK_VALUES * FLOAT_BYTES),
    },
    { name: 'state hash alone', run: () => kernels.hashState(weights, first, 0, blocks, hash) },
  ];
}

/** `before` at the first call only. */
function once(before: () => void, run: () => void): () => void {
  let ready = false;
  return () => {
    if (!ready) before();
    ready = true;
    run();
  };
}

function rateOf({ run, sources = 1 }: Stage, values: number, repeats: number): Rate {
  // Until the engine has replaced its quick first code by optimized code.
  const warmUntilMs = performance.now() + WARM_UP_MS;
  do run();
  while (performance.now() < warmUntilMs);
  const bytes = values * FLOAT_BYTES * sources;
  // Small gradients are repeated, so that the clock's resolution and a call's cost do not show.
  const calls = Math.max(1, Math.round(16e6 / bytes));
  const rates = Array.from({ length: repeats }, () => {
    const startedMs = performance.now();
    for (let call = 0; call < calls; call++) run();
    return (bytes * calls) / (performance.now() - startedMs) / 1e6;
  }).sort((a, b) => a - b);
  return { median: rates[Math.floor(repeats / 2)]!, least: rates[0]!, most: rates[repeats - 1]! };
}

function fillWithNoise(vector: Float32Array): void {
  let state = 1;
  for (let i = 0; i < vector.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    vector[i] = (state / 2 ** 32 - 0.5) * 2e-3;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

function tableOf(rows: readonly Row[]): string {
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))];
  const text = ({ median, least, most }: Rate): string =>
    `${median.toFixed(1)} [${least.toFixed(1)}-${most.toFixed(1)}]`;
  return formatTable(
    ['kernel', 'plain TypeScript', ...SIZES_MB.map((megabytes) => `SIMD ${megabytes} MB`)],
    kernels.map((kernel) => {
      const ofKernel = rows.filter((row) => row.kernel === kernel);
      return [kernel, ofKernel[0]!.plain.median.toFixed(2), ...ofKernel.map(({ simd }) => text(simd))];
    }),
  );
}
