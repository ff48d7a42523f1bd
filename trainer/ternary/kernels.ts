import { readFile } from 'node:fs/promises';

/**
 * The arithmetic of a training step over one WebAssembly.Memory. Two implementations write the same bytes: SIMD
 * (`loadKernels`) and plain TypeScript (`referenceKernels`). A kernel owns no memory: whoever calls passes everything.
 *
 * Pointers are byte offsets into `memory`. Float vectors, rows and scratch are 16-byte aligned; payloads may lie at any
 * multiple of their element size. `blocks` are blocks of 80 values, a row is 16 values of one byte each.
 */
export interface Kernels extends GradientKernels, DigitKernels, RansKernels, FloatKernels, UpdateKernels {
  readonly memory: WebAssembly.Memory;
}

export interface GradientKernels {
  /**
   * One pass over float32 values x. Writes at `out`: float64 sum of scale * x, float64 sum of (scale * x)^2, float32
   * largest (scale * x)^2 that is not NaN (20 bytes). A block is summed in float32 in 8 lanes (value i in lane i mod 8), lane l + lane
   * l + 4; these four in float64 over the blocks; then (0 + 2) + (1 + 3).
   */
  readonly measure: (values: number, blocks: number, scale: number, out: number) => void;
  /** Codes + 1 packed as base 3, 16 bytes per block. `scaler` 0 gives all zero codes. */
  readonly ternarizeBase3: (values: number, blocks: number, scaler: number, ...noise: BlockNoise) => void;
  /** Codes + 1, one byte each: 5 rows per block. */
  readonly ternarizeRows: (values: number, blocks: number, scaler: number, ...noise: BlockNoise) => void;
}

type BlockNoise = [key0: number, key1: number, key2: number, key3: number, firstBlock: number, out: number];

/** Rows of one-byte digits to packed lanes and back; see radix.ts. */
export interface DigitKernels {
  readonly packBytes: (rows: number, rowCount: number, out: number, digits: number, radix: number) => void;
  readonly packWords: (rows: number, rowCount: number, out: number, digits: number, radix: number) => void;
  readonly unpackBytes: (...args: UnpackArguments) => void;
  readonly unpackWords: (...args: UnpackArguments) => void;
  /** rows += unpacked digits. */
  readonly addBytes: (...args: UnpackArguments) => void;
  /** out = (rows >> shift) & mask, bytes. */
  readonly takeFields: (rows: number, rowCount: number, out: number, shift: number, mask: number) => void;
  /** rows = (rows << bits) + fields, bytes. */
  readonly appendFields: (rows: number, rowCount: number, fields: number, bits: number) => void;
  /** The same with rows of 16-bit digits and fields of bytes; `mask` is at most 255. */
  readonly takeWordFields: (
    words: number,
    rowCount: number,
    out: number,
    shift: number,
    mask: number,
  ) => void;
  readonly appendWordFields: (words: number, rowCount: number, fields: number, bits: number) => void;
  /** Bytes to 16-bit digits. */
  readonly widenRows: (rows: number, rowCount: number, words: number) => void;
  /** Largest of `count` bytes. */
  readonly maxByte: (bytes: number, count: number) => number;
  /** Largest of `count` 16-bit words, each and-ed with `mask`. */
  readonly maxWord: (words: number, count: number, mask: number) => number;
  /** 1 when one of the 2-bit digits of `count` bytes is 3. */
  readonly hasThree: (bytes: number, count: number) => number;
  /** out[i] = (row[i] - bias) * factor, float32. */
  readonly rowsToFloats: (rows: number, blocks: number, out: number, bias: number, factor: number) => void;
  /** The same from rows of 16-bit digits. */
  readonly wordsToFloats: (words: number, blocks: number, out: number, bias: number, factor: number) => void;
  /** sum[i] += (row[i] - bias) * factor, float32, the product rounded first. */
  readonly addRowsToFloats: (rows: number, blocks: number, sum: number, bias: number, factor: number) => void;
}

type UnpackArguments = [
  packed: number,
  rowCount: number,
  rows: number,
  digits: number,
  radix: number,
  multiplier: number,
  shift: number,
];

/**
 * The entropy coder's inner loops; see entropy/. Symbols are bytes; `states` are four uint32, read and written. Tables are
 * made for one model and hold nothing else.
 */
export interface RansKernels {
  /** How often each of `count` bytes occurs: 256 uint32 at `counts`. The 1024 bytes behind them are left zero. */
  readonly countBytes: (bytes: number, count: number, counts: number) => void;
  /** `classes`: a byte per symbol. `frequencies`: uint16 by class; their sum over the symbols must be 2^14. */
  readonly ransEncodeTable: (...args: TableArguments) => void;
  readonly ransDecodeTable: (...args: TableArguments) => void;
  /**
   * Codes `count` symbols, the last first, and writes words from `out` on. `count` is a multiple of 4.
   * Returns where the next word goes, or 0 when they do not fit below `outEnd` (with 8 bytes to spare).
   */
  readonly ransEncode: (
    symbols: number,
    count: number,
    table: number,
    states: number,
    out: number,
    outEnd: number,
  ) => number;
  /**
   * Decodes `count` symbols, the first first, taking words from below `words` down to `wordsBegin`, never further.
   * Returns where the last taken word lies, or 0 when there are too few. `wordsBegin` is not 0.
   */
  readonly ransDecode: (
    symbols: number,
    count: number,
    table: number,
    states: number,
    words: number,
    wordsBegin: number,
  ) => number;
}

type TableArguments = [classes: number, frequencies: number, symbols: number, table: number];

/** float32 and float16 vectors of any length. */
export interface FloatKernels {
  readonly copy: (from: number, to: number, bytes: number) => void;
  /** Checksum of `count` bytes; see payload-digest.ts. */
  readonly digest: (bytes: number, count: number) => number;
  /** sum[i] += values[i]. */
  readonly addFloats: (sum: number, values: number, count: number) => void;
  /** values[i] *= factor. */
  readonly scaleFloats: (values: number, count: number, factor: number) => void;
  /** Rounded to nearest even. */
  readonly floatsToHalves: (floats: number, count: number, halves: number) => void;
  readonly halvesToFloats: (halves: number, count: number, floats: number) => void;
  /** Largest bits of |x| over `count` float32 values: 0x7f800000 and above means infinite or NaN. */
  readonly maxAbsoluteBits: (floats: number, count: number) => number;
}

/**
 * Optimizer updates, rounded to float32 after every operation; formulas in compute/optimizer/. Each reads a state and
 * writes the next one, to the same place or to another one, and adds both to the hash state at `hash` (see
 * state-hash.ts).
 */
export interface UpdateKernels {
  readonly sgd: (
    weights: number,
    nextWeights: number,
    gradient: number,
    blocks: number,
    hash: number,
    rate: number,
    l2: number,
  ) => void;
  readonly momentum: (...args: [...OneSlot, rate: number, l2: number, momentum: number]) => void;
  readonly nesterov: (...args: [...OneSlot, rate: number, l2: number, momentum: number]) => void;
  readonly rmsprop: (
    ...args: [...OneSlot, rate: number, l2: number, decay: number, oneMinusDecay: number, epsilon: number]
  ) => void;
  readonly adam: (
    ...args: [...TwoSlots, rate: number, l2: number, decoupledDecay: number, ...AdamFactors]
  ) => void;
  /** Adds state to the hash as it would be written; 0 for a slot that does not exist. */
  readonly hashState: (weights: number, slot0: number, slot1: number, blocks: number, hash: number) => void;
  /** average = decay * average + oneMinusDecay * weights. */
  readonly movingAverage: (
    average: number,
    weights: number,
    blocks: number,
    decay: number,
    oneMinusDecay: number,
  ) => void;
}

export type OneSlot = [
  weights: number,
  nextWeights: number,
  gradient: number,
  slot: number,
  nextSlot: number,
  blocks: number,
  hash: number,
];
export type TwoSlots = [
  weights: number,
  nextWeights: number,
  gradient: number,
  slot0: number,
  nextSlot0: number,
  slot1: number,
  nextSlot1: number,
  blocks: number,
  hash: number,
];
type AdamFactors = [
  beta1: number,
  oneMinusBeta1: number,
  beta2: number,
  oneMinusBeta2: number,
  epsilon: number,
];

/** The kernels' file is missing or was built for something else. */
export class KernelsUnavailableError extends Error {
  readonly code = 'KERNELS_UNAVAILABLE';

  constructor(file: URL, cause: unknown) {
    super(`cannot load the kernels from ${file.pathname}; build them with scripts/build-kernels.ts`, {
      cause,
    });
    this.name = 'KernelsUnavailableError';
  }
}

/** Once for the whole thread: a generation that forms anew does not wait for it. */
let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(file: URL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(file));
}

/**
 * SIMD kernels over `memory`, which must be shared (both threads of a worker instantiate over the same one).
 * @throws KernelsUnavailableError
 */
export async function loadKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  const file = new URL('./kernels.wasm', import.meta.url);
  try {
    const instance = new WebAssembly.Instance(await (compiled ??= compile(file)), { env: { memory } });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built from assembly/; a test compares the names
    return { memory, ...(instance.exports as unknown as Omit<Kernels, 'memory'>) };
  } catch (cause) {
    throw new KernelsUnavailableError(file, cause);
  }
}
