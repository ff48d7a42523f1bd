import type { Chunk } from '../ternary/chunks.ts';
import { BLOCK_VALUES } from '../ternary/layout.ts';
import { arrivalBytes } from './arrivals.ts';
import { planCoderMemory, type CoderMemory, type CoderNeeds } from '../ternary/entropy/coder-memory.ts';

/**
 * The memory that the compute thread and the I/O thread share: one WebAssembly.Memory, laid out once before the first
 * step, so that a gradient is written, encoded, sent, summed and applied without being copied between threads and
 * the hot path allocates nothing. All positions are byte offsets, 64-byte aligned.
 *
 * | region        | size                                  | written by | read by      |
 * | ------------- | ------------------------------------- | ---------- | ------------ |
 * | side          | which vectors hold the state          | compute    | both         |
 * | weights       | flat vector, float32                  | compute    | compute      |
 * | gradient      | flat vector, float32                  | compute    | compute      |
 * | slots         | flat vector each, float32             | compute    | compute      |
 * | spareSlots    | one for each slot, where they fit     | compute    | compute      |
 * | average       | flat vector, float32 (with EMA)       | compute    | compute      |
 * | nonTrainable  | as they were before this step         | compute    | both         |
 * | localScalers  | one float32 per scaler unit           | compute    | I/O          |
 * | sharedScalers | one row per unit, or per member       | I/O        | both         |
 * | delayedScalers | one float32 per scaler unit          | compute    | both         |
 * | arrivals      | which sums have come                  | I/O        | compute      |
 * | decoded       | one chunk, float32                    | compute    | compute      |
 * | lengths       | of push and pull, uint32 per chunk    | compute, I/O | both       |
 * | push          | each chunk's own encoded contribution | compute    | I/O          |
 * | contributions | owned chunks, one place per member    | I/O        | I/O          |
 * | pull          | each chunk's encoded sum              | I/O        | compute      |
 * | scratch       | one per thread                        | its thread | its thread   |
 * | coder         | one per thread, for entropy coding    | its thread | its thread   |
 *
 * Weights and gradient trade places with every step, as slots and spare slots do: see `state-vectors.ts`.
 *
 * Weights, slots, average, delayedScalers and nonTrainable are the state: the I/O thread reads them for a peer's copy, and writes a peer's
 * state over them while the compute thread waits. The places do not depend on how many members there are now, only on
 * how many there may be.
 */
export interface StepMemory {
  readonly bytes: number;
  readonly weights: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  /** As many as slots, or none where they are too large to be held twice. */
  readonly spareSlots: readonly number[];
  readonly side: number;
  readonly average: number | undefined;
  /** The model's non-trainable weights, packed; `undefined` when it has none. */
  readonly nonTrainable: number | undefined;
  readonly localScalers: number;
  readonly sharedScalers: number;
  /** What the next step is ternarized with, where that is known before; the first is NaN until the first step is done. */
  readonly delayedScalers: number | undefined;
  readonly computeScratch: number;
  readonly ioScratch: number;
  readonly arrivals: number;
  /** When this member had summed all the chunks it owns, float64, `monotonicMs` clock. */
  readonly reducedAt: number;
  readonly decoded: number;
  /** How long each chunk's payload is in this step, uint32 by chunk index: of `push` and of `pull`. */
  readonly pushLengths: number;
  readonly pullLengths: number;
  /** Of the entropy coders; `undefined` when the job codes nothing so. */
  readonly computeCoder: CoderMemory | undefined;
  readonly ioCoder: CoderMemory | undefined;
  /** By chunk index. */
  readonly push: readonly number[];
  /** By chunk index. */
  readonly pull: readonly number[];
  /**
   * Where the contribution of a member to an owned chunk lies. The places of a chunk's members follow each other; once
   * summed, they are free for the coded sum.
   */
  contribution(chunk: number, memberIndex: number): number;
}

export interface StepMemoryNeeds {
  /** Length of the padded flat vector, values. */
  readonly values: number;
  readonly optimizerSlots: number;
  readonly withAverage: boolean;
  /** Values in all non-trainable weights. */
  readonly nonTrainableValues: number;
  readonly scalerUnits: number;
  readonly withDelayedScalers: boolean;
  /** 1 for shared scalers, the largest number of members for local ones. */
  readonly scalerRows: number;
  /** Of the generation that the plan is for. */
  readonly members: number;
  /** Every number of members that a generation of this job may have. */
  readonly sizes: readonly number[];
  readonly chunks: readonly Chunk[];
  /** Largest payload that chunk may have, over all codecs in use and all sizes. */
  readonly pushBytes: (chunk: Chunk) => number;
  readonly pullBytes: (chunk: Chunk) => number;
  /** What the entropy coders need besides their tables. */
  readonly coder?: CoderNeeds;
  readonly computeScratchBytes: number;
  readonly ioScratchBytes: number;
}

/** The model and its optimizer state do not fit in one 32-bit memory. */
export class ModelTooLargeError extends Error {
  readonly code = 'MODEL_TOO_LARGE';
  override readonly name = 'ModelTooLargeError';
}

const ALIGNMENT = 64;
/**
 * With a second place for the optimizer's slots, the next state is written while the last sums are on their way. Memory
 * beyond the model's is bounded, so large slots have none.
 */
const MOST_SPARE_BYTES = 32 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** One page short of 4 GiB: a vector that ended exactly there would have an end pointer of 0. */
const MAX_PAGES = 65_535;

export function planStepMemory(needs: StepMemoryNeeds): StepMemory {
  let next = 0;
  const take = (bytes: number): number => {
    const at = next;
    next = Math.ceil((at + bytes) / ALIGNMENT) * ALIGNMENT;
    return at;
  };
  // Kernels take 0 for "none", so nothing lies at 0.
  take(ALIGNMENT);

  const vectorBytes = needs.values * Float32Array.BYTES_PER_ELEMENT;
  const side = take(Int32Array.BYTES_PER_ELEMENT);
  const weights = take(vectorBytes);
  const gradient = take(vectorBytes);
  const slots = Array.from({ length: needs.optimizerSlots }, () => take(vectorBytes));
  const hasSpares = needs.optimizerSlots * vectorBytes <= MOST_SPARE_BYTES;
  const spareSlots = hasSpares ? slots.map(() => take(vectorBytes)) : [];
  const average = needs.withAverage ? take(vectorBytes) : undefined;
  const scalerBytes = needs.scalerUnits * Float32Array.BYTES_PER_ELEMENT;
  const nonTrainable =
    needs.nonTrainableValues === 0
      ? undefined
      : take(needs.nonTrainableValues * Float32Array.BYTES_PER_ELEMENT);
  const localScalers = take(scalerBytes);
  const sharedScalers = take(scalerBytes * needs.scalerRows);
  const delayedScalers = needs.withDelayedScalers ? take(scalerBytes) : undefined;
  const computeScratch = take(needs.computeScratchBytes);
  const ioScratch = take(needs.ioScratchBytes);
  const arrivals = take(arrivalBytes(needs.chunks.length));
  const reducedAt = take(Float64Array.BYTES_PER_ELEMENT);
  const decoded = take(
    Math.max(0, ...needs.chunks.map(({ blocks }) => blocks * BLOCK_VALUES * Float32Array.BYTES_PER_ELEMENT)),
  );
  const pushLengths = take(needs.chunks.length * Uint32Array.BYTES_PER_ELEMENT);
  const pullLengths = take(needs.chunks.length * Uint32Array.BYTES_PER_ELEMENT);
  const takeCoder = (symbolBytes: number): CoderMemory | undefined => {
    if (needs.coder === undefined) return undefined;
    const at = next;
    const memory = planCoderMemory(at, { ...needs.coder, symbolBytes });
    take(memory.bytes);
    return memory;
  };
  const computeCoder = takeCoder(0);
  const ioCoder = takeCoder(needs.coder?.symbolBytes ?? 0);
  const push = needs.chunks.map((chunk) => take(needs.pushBytes(chunk)));
  const pull = needs.chunks.map((chunk) => take(needs.pullBytes(chunk)));

  const contributions = take(Math.max(...needs.sizes.map((members) => placesOf(needs, members).bytes)));
  const places = placesOf(needs, needs.members);

  if (next > MAX_PAGES * PAGE_BYTES) {
    throw new ModelTooLargeError(
      `the step needs ${(next / 2 ** 30).toFixed(1)} GiB of memory for ${needs.values} parameter values with ` +
        `${needs.optimizerSlots} optimizer slots and ${needs.members} workers; one worker can address 4 GiB. ` +
        `Use a smaller model, or an optimizer with fewer slots (training.optimizer.name: sgd or momentum)`,
    );
  }
  return {
    bytes: next,
    weights,
    gradient,
    slots,
    spareSlots,
    side,
    average,
    nonTrainable,
    localScalers,
    sharedScalers,
    delayedScalers,
    computeScratch,
    ioScratch,
    arrivals,
    reducedAt,
    decoded,
    pushLengths,
    pullLengths,
    computeCoder,
    ioCoder,
    push,
    pull,
    contribution: (chunk, memberIndex) => contributions + places.at(chunk, memberIndex),
  };
}

interface ContributionPlaces {
  readonly bytes: number;
  /** Relative to the begin of all. */
  at(chunk: number, memberIndex: number): number;
}

/** Chunk c is the floor(c/N)-th chunk of its owner, whoever that is: so the map does not depend on the rank. */
function placesOf(
  { chunks, pushBytes }: Pick<StepMemoryNeeds, 'chunks' | 'pushBytes'>,
  members: number,
): ContributionPlaces {
  let bytes = 0;
  const places = Array.from({ length: Math.ceil(chunks.length / members) }, (_, place) => {
    const candidates = chunks.slice(place * members, (place + 1) * members);
    const slot = alignUp(Math.max(...candidates.map(pushBytes)));
    const at = bytes;
    bytes += slot * members;
    return { at, slot };
  });
  return {
    bytes,
    at(chunk, memberIndex) {
      const place = places[Math.floor(chunk / members)];
      if (place === undefined) throw new RangeError(`chunk ${chunk} of ${chunks.length}`);
      return place.at + memberIndex * place.slot;
    },
  };
}

/** Shared, so that both threads see it; of fixed size, so that views stay valid. */
export function allocateStepMemory(plan: StepMemory): WebAssembly.Memory {
  const pages = Math.ceil(plan.bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
