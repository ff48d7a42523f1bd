import type { Chunk } from '../ternary/chunks.ts';
import type { NoiseKey } from '../ternary/noise.ts';
import { isCoded } from '../ternary/payload-format.ts';
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

/** Turns the gradient in memory into push payloads, and tells the I/O thread as they get ready. */
export interface ChunkEncoder {
  /**
   * @param gradient where it begins.
   * @param scalers by unit: the shared ones, or this member's own.
   * @param codec what the members agreed on for this step; see `StepPlan.codingAt`.
   */
  encode(gradient: number, noise: NoiseKey, scalers: Float32Array, codec?: StepCodec): void;
}

export function createChunkEncoder(options: ChunkEncoderOptions): ChunkEncoder {
  const { memory, plan, codecs, start, post } = options;
  const ordered = encodeOrder(plan.chunkPlan.chunks, start);
  const { push, pushLengths } = plan.memory;
  const lengths = new Uint32Array(memory.buffer, pushLengths, plan.chunkPlan.chunks.length);
  return {
    encode(gradient, noise, scalers, codec) {
      let ready: number[] = [];
      let readyBytes = 0;
      for (const [place, chunk] of ordered.entries()) {
        const coding = plan.codingAt(noise.step, chunk, codec);
        const out = push[chunk.index] as number;
        let bytes = codecs.of(coding).encode(chunk, { gradient, scalers, noise, out });
        // What stays here is summed as it is.
        if (isCoded(coding.push) && !isOwn(chunk, start)) {
          bytes = codecs.coder!.codeInPlace(coding.push, chunk, plan.members, out, coding.codedShare);
        }
        lengths[chunk.index] = bytes;
        ready.push(chunk.index);
        readyBytes += bytes;
        if (readyBytes < TELL_BYTES && place < ordered.length - 1) continue;
        post({ type: 'encoded', chunks: ready });
        ready = [];
        readyBytes = 0;
      }
    },
  };
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
