import type { ChunkStore } from '../exchange/chunk-store.ts';
import type { Membership } from '../exchange/exchange.ts';
import type { Chunk } from '../ternary/chunks.ts';
import { loadKernels, type Kernels } from '../ternary/kernels.ts';
import { createPayloadCheck, type PayloadCheck } from '../ternary/payload-check.ts';
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
  readonly #check: PayloadCheck;
  readonly #memory: WebAssembly.Memory;
  readonly #selfIndex: number;
  #step = 0;
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
    this.#codecs = createCodecs(plan, kernels, plan.memory.ioScratch);
    this.#check = createPayloadCheck(kernels);
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

  faultOfContribution(c: number, memberIndex: number): string | undefined {
    const payload = this.contribution(c, memberIndex);
    return this.#check(this.#coding(c).push, this.#chunk(c), payload, this.#plan.members);
  }

  faultOfSum(c: number): string | undefined {
    return this.#check(this.#coding(c).pull, this.#chunk(c), this.pullPayload(c), this.#plan.members);
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
