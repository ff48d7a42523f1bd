import type { ChunkStore } from '../exchange/chunk-store.ts';
import type { Membership } from '../exchange/exchange.ts';
import type { Chunk } from '../ternary/chunks.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { PAYLOAD_FORMAT_IDS, payloadBytes } from '../ternary/payload-format.ts';
import { monotonicMs } from './clock.ts';
import { createCodecs, type Codecs } from './codecs.ts';
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
  readonly #memory: WebAssembly.Memory;
  readonly #selfIndex: number;
  #step = 0;
  #reducedAtMs = 0;

  static async create(
    plan: StepPlan,
    memory: WebAssembly.Memory,
    membership: Pick<Membership, 'selfIndex'>,
  ): Promise<SharedChunkStore> {
    const codecs = createCodecs(plan, await loadKernels(memory), plan.memory.ioScratch);
    return new SharedChunkStore(plan, codecs, memory, membership.selfIndex);
  }

  private constructor(plan: StepPlan, codecs: Codecs, memory: WebAssembly.Memory, selfIndex: number) {
    this.#plan = plan;
    this.#codecs = codecs;
    this.#memory = memory;
    this.#selfIndex = selfIndex;
    const { units } = plan.chunkPlan;
    this.localScalers = new Float32Array(memory.buffer, plan.memory.localScalers, units);
    this.sharedScalers = new Float32Array(memory.buffer, plan.memory.sharedScalers, units * plan.scalerRows);
  }

  /** When the last of this member's owned chunks was summed; `monotonicMs` clock. */
  get reducedAtMs(): number {
    return this.#reducedAtMs;
  }

  beginStep(step: number): void {
    this.#step = step;
    this.#reducedAtMs = monotonicMs();
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
    return this.#view(this.#plan.memory.push[c] as number, this.#pushBytes(c));
  }

  contribution(c: number, memberIndex: number): Uint8Array {
    return this.#view(this.#plan.memory.contribution(c, memberIndex), this.#pushBytes(c));
  }

  reduce(c: number): void {
    const { memory, members } = this.#plan;
    const contributions = Array.from({ length: members }, (_, member) =>
      member === this.#selfIndex ? (memory.push[c] as number) : memory.contribution(c, member),
    );
    this.#codecs
      .of(this.#coding(c))
      .reduce(this.#chunk(c), { contributions, scalers: this.sharedScalers, out: memory.pull[c] as number });
    this.#reducedAtMs = monotonicMs();
  }

  pullPayload(c: number): Uint8Array {
    const bytes = payloadBytes(this.#coding(c).pull, this.#chunk(c), this.#plan.members);
    return this.#view(this.#plan.memory.pull[c] as number, bytes);
  }

  #pushBytes(c: number): number {
    return payloadBytes(this.#coding(c).push, this.#chunk(c), this.#plan.members);
  }

  #coding(c: number): ReturnType<StepPlan['codingAt']> {
    return this.#plan.codingAt(this.#step, this.#chunk(c));
  }

  #chunk(c: number): Chunk {
    return this.#plan.chunkPlan.chunks[c] as Chunk;
  }

  #view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }
}
