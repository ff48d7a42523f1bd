import type { ChunkStore } from '../exchange/chunk-store.ts';
import type { Membership } from '../exchange/exchange.ts';
import type { Chunk } from '../ternary/chunks.ts';
import { loadKernels, type Kernels } from '../ternary/kernels.ts';
import { createPayloadCheck, type PayloadCheck } from '../ternary/payload-check.ts';
import {
  isCoded,
  isPayloadLength,
  PAYLOAD_FORMAT_IDS,
  payloadBytes,
  plainFormat,
  type PayloadFormat,
} from '../ternary/payload-format.ts';
import { arrivalsOf, type Arrivals } from './arrivals.ts';
import { monotonicMs } from './clock.ts';
import { createCodecs, type Codecs } from './codecs.ts';
import type { StepCodec } from './coding.ts';
import type { StepPlan } from './step-plan.ts';

/**
 * The exchange's view of the memory that it shares with the compute thread. One object for the whole run: `beginStep`
 * turns it to the next step, whose payloads lie at the same places.
 */
export class SharedChunkStore implements ChunkStore {
  readonly localScalers: Float32Array;
  readonly sharedScalers: Float32Array;
  readonly #plan: StepPlan;
  readonly #codecs: Codecs;
  readonly #check: PayloadCheck;
  readonly #digest: Kernels['digest'];
  readonly #memory: WebAssembly.Memory;
  readonly #selfIndex: number;
  readonly #arrivals: Arrivals;
  readonly #reducedAt: Float64Array;
  /** By chunk; the compute thread writes those of `push`. */
  readonly #pushLengths: Uint32Array;
  readonly #pullLengths: Uint32Array;
  /** [chunk * members + member], of owned chunks. */
  readonly #contributionLengths: Uint32Array;
  /** Of the sums that this member sends coded; 0: as they are in `pull`. */
  readonly #codedSumLengths: Uint32Array;
  #step = 0;
  #codec: StepCodec | undefined;
  /** When the last of this member's owned chunks was summed; `monotonicMs` clock. */
  #reducedAtMs = 0;

  static async create(
    plan: StepPlan,
    memory: WebAssembly.Memory,
    membership: Pick<Membership, 'selfIndex'>,
  ): Promise<SharedChunkStore> {
    return new SharedChunkStore(plan, await loadKernels(memory), membership.selfIndex);
  }

  private constructor(plan: StepPlan, kernels: Kernels, selfIndex: number) {
    const { memory } = kernels;
    this.#plan = plan;
    this.#codecs = createCodecs(plan, kernels, {
      scratch: plan.memory.ioScratch,
      coder: plan.memory.ioCoder,
    });
    this.#check = createPayloadCheck(kernels, plan.memory.ioScratch);
    this.#digest = kernels.digest;
    this.#memory = memory;
    this.#selfIndex = selfIndex;
    const { units, chunks } = plan.chunkPlan;
    this.#pushLengths = new Uint32Array(memory.buffer, plan.memory.pushLengths, chunks.length);
    this.#pullLengths = new Uint32Array(memory.buffer, plan.memory.pullLengths, chunks.length);
    this.#codedSumLengths = new Uint32Array(chunks.length);
    this.#arrivals = arrivalsOf(plan, memory);
    this.#reducedAt = new Float64Array(memory.buffer, plan.memory.reducedAt, 1);
    this.#contributionLengths = new Uint32Array(chunks.length * plan.members);
    this.localScalers = new Float32Array(memory.buffer, plan.memory.localScalers, units);
    this.sharedScalers = new Float32Array(memory.buffer, plan.memory.sharedScalers, units * plan.scalerRows);
  }

  /** @param codec what the members agreed on for this step; see `StepPlan.codingAt`. */
  beginStep(step: number, codec?: StepCodec): void {
    this.#step = step;
    this.#codec = codec;
    this.#arrivals.begin();
    this.#reducedAtMs = monotonicMs();
  }

  /** The compute thread waits for sums that will not come any more. */
  interrupt(): void {
    this.#arrivals.interrupt();
  }

  sumStaged(c: number): void {
    this.#reducedAt[0] = this.#reducedAtMs;
    this.#arrivals.add(c);
  }

  get chunkCount(): number {
    return this.#plan.chunkPlan.chunks.length;
  }

  rawBytes(c: number): number {
    return this.#chunk(c).values * Float32Array.BYTES_PER_ELEMENT;
  }

  flatOffset(c: number): number {
    return this.#chunk(c).offset;
  }

  pushCodec(c: number): number {
    return PAYLOAD_FORMAT_IDS[this.#coding(c).push];
  }

  pullCodec(c: number): number {
    return PAYLOAD_FORMAT_IDS[this.#coding(c).pull];
  }

  pushPayload(c: number): Uint8Array {
    return this.#view(this.#plan.memory.push[c] as number, this.#pushLengths[c] as number);
  }

  contributionPlace(c: number, memberIndex: number, bytes: number): Uint8Array | undefined {
    const { members } = this.#plan;
    if (!isPayloadLength(bytes, this.#coding(c).push, this.#chunk(c), members)) return undefined;
    this.#contributionLengths[c * members + memberIndex] = bytes;
    return this.#arrivalPlace(this.#coding(c).push, bytes) ?? this.#contribution(c, memberIndex);
  }

  sumPlace(c: number, bytes: number): Uint8Array | undefined {
    if (!isPayloadLength(bytes, this.#coding(c).pull, this.#chunk(c), this.#plan.members)) return undefined;
    this.#pullLengths[c] = bytes;
    return this.#arrivalPlace(this.#coding(c).pull, bytes) ?? this.pullPayload(c);
  }

  faultOfContribution(c: number, memberIndex: number): string | undefined {
    const lengths = this.#contributionLengths;
    const at = this.#plan.memory.contribution(c, memberIndex);
    return this.#faultAt(c, this.#coding(c).push, lengths, c * this.#plan.members + memberIndex, at);
  }

  faultOfSum(c: number): string | undefined {
    return this.#faultAt(c, this.#coding(c).pull, this.#pullLengths, c, this.#plan.memory.pull[c] as number);
  }

  /** Checks a payload whose arrived length is `lengths[index]`; a coded one is first decoded to `at`, where it belongs. */
  #faultAt(
    c: number,
    format: PayloadFormat,
    lengths: Uint32Array,
    index: number,
    at: number,
  ): string | undefined {
    const chunk = this.#chunk(c);
    const { members } = this.#plan;
    if (isCoded(format)) {
      const fault = this.#codecs.coder!.restore(format, chunk, members, lengths[index] as number, at);
      if (fault !== undefined) return fault;
      lengths[index] = payloadBytes(format, chunk, members);
    }
    const payload = this.#view(at, lengths[index] as number);
    return this.#check(plainFormat(format), chunk, payload, members);
  }

  /** Coded payloads arrive aside: decoding is their check. */
  #arrivalPlace(format: PayloadFormat, bytes: number): Uint8Array | undefined {
    return isCoded(format) ? this.#view(this.#codecs.coder!.payload, bytes) : undefined;
  }

  reduce(c: number): void {
    const payloads = Array.from({ length: this.#plan.members }, (_, member) =>
      member === this.#selfIndex ? this.pushPayload(c) : this.#contribution(c, member),
    );
    this.#pullLengths[c] = this.#codecs.of(this.#coding(c)).reduce(this.#chunk(c), {
      contributions: payloads.map(({ byteOffset }) => byteOffset),
      contributionBytes: payloads.map(({ length }) => length),
      scalers: this.sharedScalers,
      out: this.#plan.memory.pull[c] as number,
    });
    this.#codedSumLengths[c] = this.#codeSum(c);
    this.#reducedAtMs = monotonicMs();
  }

  /** Codes the sum of an owned chunk over the contributions, which nobody needs any more. */
  #codeSum(c: number): number {
    const { pull: format, codedShare } = this.#coding(c);
    const { memory, members } = this.#plan;
    if (!isCoded(format) || members === 1) return 0;
    const [sum, out] = [memory.pull[c] as number, memory.contribution(c, 0)];
    return this.#codecs.coder!.code(format, this.#chunk(c), members, sum, out, codedShare) ?? 0;
  }

  pullPayload(c: number): Uint8Array {
    const coded = this.#codedSumLengths[c] as number;
    if (coded > 0) return this.#view(this.#plan.memory.contribution(c, 0), coded);
    return this.#view(this.#plan.memory.pull[c] as number, this.#pullLengths[c] as number);
  }

  digest({ byteOffset, length }: Uint8Array): number {
    return this.#digest(byteOffset, length) >>> 0;
  }

  #contribution(c: number, memberIndex: number): Uint8Array {
    const { memory, members } = this.#plan;
    const bytes = this.#contributionLengths[c * members + memberIndex] as number;
    return this.#view(memory.contribution(c, memberIndex), bytes);
  }

  #coding(c: number): ReturnType<StepPlan['codingAt']> {
    return this.#plan.codingAt(this.#step, this.#chunk(c), this.#codec);
  }

  #chunk(c: number): Chunk {
    return this.#plan.chunkPlan.chunks[c] as Chunk;
  }

  #view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }
}
