import type { Chunk } from '../ternary/chunks.ts';
import type { NoiseKey } from '../ternary/noise.ts';
import { isCoded } from '../ternary/payload-format.ts';
import { monotonicMs } from './clock.ts';
import type { Codecs } from './codecs.ts';
import type { StepCodec } from './coding.ts';
import type { Encoded, Start } from './messages.ts';
import type { StepPlan } from './step-plan.ts';

/**
 * The I/O thread is told of encoded chunks once so many bytes are ready: a message on the wire costs as much as some
 * ten kilobytes, and a small model is encoded before its first message would have left.
 */
const TELL_BYTES = 64 * 1024;

export interface ChunkEncoderOptions {
  readonly memory: WebAssembly.Memory;
  readonly plan: StepPlan;
  readonly codecs: Codecs;
  readonly start: Start;
  readonly post: (message: Encoded) => void;
}

export interface EncodedGradient {
  /** Where it begins. */
  readonly gradient: number;
  readonly noise: NoiseKey;
  /** By unit: the shared ones, or this member's own. */
  readonly scalers: Float32Array;
  /** What the members agreed on for this step; see `StepPlan.codingAt`. */
  readonly codec?: StepCodec | undefined;
}

/** Turns the gradient in memory into push payloads, and tells the I/O thread as they get ready. */
export interface ChunkEncoder {
  begin(of: EncodedGradient): Encoding;
}

/** Of one step. The bytes do not depend on the order. */
export interface Encoding {
  /** This tensor's gradient is in memory: encodes the chunks that have nothing else to wait for. */
  readonly tensorReady: (tensor: number) => void;
  /** The whole gradient is in memory: encodes what is left. */
  rest(): void;
  /** How long this has taken up to now, milliseconds. */
  readonly spentMs: number;
}

export function createChunkEncoder(options: ChunkEncoderOptions): ChunkEncoder {
  const { memory, plan, codecs, start, post } = options;
  const ordered = encodeOrder(plan.chunkPlan.chunks, start);
  const { push, pushLengths } = plan.memory;
  const lengths = new Uint32Array(memory.buffer, pushLengths, plan.chunkPlan.chunks.length);
  const byTensor = chunksByTensor(ordered);
  const awaited = ordered.map((chunk) => [chunk, tensorsOf(chunk).size] as const);

  function encode(chunk: Chunk, { gradient, noise, scalers, codec }: EncodedGradient): number {
    const coding = plan.codingAt(noise.step, chunk, codec);
    const out = push[chunk.index] as number;
    let bytes = codecs.of(coding).encode(chunk, { gradient, scalers, noise, out });
    // What stays here is summed as it is.
    if (isCoded(coding.push) && !isOwn(chunk, start)) {
      bytes = codecs.coder!.codeInPlace(coding.push, chunk, plan.members, out, coding.codedShare);
    }
    lengths[chunk.index] = bytes;
    return bytes;
  }

  return {
    begin(of) {
      const missing = new Map(awaited);
      let ready: number[] = [];
      let readyBytes = 0;
      let spentMs = 0;
      const tell = (): void => {
        if (ready.length > 0) post({ type: 'encoded', chunks: ready });
        ready = [];
        readyBytes = 0;
      };
      const encodeAll = (chunks: Iterable<Chunk>): void => {
        const beganMs = monotonicMs();
        for (const chunk of chunks) {
          readyBytes += encode(chunk, of);
          ready.push(chunk.index);
          missing.delete(chunk);
          if (readyBytes >= TELL_BYTES) tell();
        }
        tell();
        spentMs += monotonicMs() - beganMs;
      };
      return {
        tensorReady(tensor) {
          const chunks = byTensor.get(tensor) ?? [];
          for (const chunk of chunks) missing.set(chunk, (missing.get(chunk) ?? 0) - 1);
          encodeAll(chunks.filter((chunk) => missing.get(chunk) === 0));
        },
        rest: () => encodeAll([...missing.keys()]),
        get spentMs() {
          return spentMs;
        },
      };
    },
  };
}

function tensorsOf({ pieces }: Chunk): ReadonlySet<number> {
  return new Set(pieces.map(({ tensor }) => tensor));
}

function chunksByTensor(chunks: readonly Chunk[]): ReadonlyMap<number, readonly Chunk[]> {
  const found = new Map<number, Chunk[]>();
  for (const chunk of chunks) {
    for (const tensor of tensorsOf(chunk)) found.set(tensor, [...(found.get(tensor) ?? []), chunk]);
  }
  return found;
}

/**
 * Chunks that others sum come first, so that they travel while this member's own are encoded; each member starts at its
 * right neighbour's, so that all links are used from the start.
 */
export function encodeOrder(chunks: readonly Chunk[], self: Seat): Chunk[] {
  const rotated = chunks.map((_, i) => chunks[(self.selfIndex + 1 + i) % chunks.length] as Chunk);
  const own = rotated.filter((chunk) => isOwn(chunk, self));
  return [...rotated.filter((chunk) => !isOwn(chunk, self)), ...own];
}

type Seat = Pick<Start, 'selfIndex' | 'memberCount'>;

function isOwn({ index }: Chunk, { selfIndex, memberCount }: Seat): boolean {
  return index % memberCount === selfIndex;
}
