import { learningRate } from '../../trainer/compute/schedule.ts';
import { createChunkEncoder } from '../../trainer/step/chunk-encoder.ts';
import { SharedChunkStore } from '../../trainer/step/chunk-store.ts';
import { delayedScalersOf } from '../../trainer/step/delayed-scalers.ts';
import { createTinyModel } from './tiny-model.ts';
import type { TinyModel } from './tiny-model.ts';
import type { JobSpec } from '../../crds/index.ts';

/**
 * What training comes to without faults, worked out by one after the other: for any sequence of memberships, the state
 * that follows from a state and the ranks that did a step together.
 */
export class Reference {
  readonly initialHash: string;
  readonly #model: TinyModel;
  readonly #states = new Map<string, Uint8Array>();
  readonly #next = new Map<string, string>();

  private constructor(model: TinyModel) {
    this.#model = model;
    this.initialHash = model.hash();
    this.#states.set(this.initialHash, this.#state());
  }

  static async of(spec: JobSpec): Promise<Reference> {
    return new Reference(await createTinyModel(spec));
  }

  /** The state after a step that these ranks did. */
  async after(hash: string, step: number, ranks: readonly number[]): Promise<string> {
    const key = `${hash} ${step} ${ranks.join()}`;
    let next = this.#next.get(key);
    if (next === undefined) {
      const state = this.#states.get(hash);
      if (state === undefined) throw new Error(`nothing leads to ${hash}`);
      this.#restore(state);
      next = await this.#step(step, ranks);
      this.#next.set(key, next);
      this.#states.set(next, this.#state());
    }
    return next;
  }

  async #step(step: number, ranks: readonly number[]): Promise<string> {
    const { kernels, codecs, optimizer, spec, planFor } = this.#model;
    const plan = planFor(ranks.length);
    const { memory, chunkPlan, layout, totalSteps } = plan;
    const { buffer } = kernels.memory;
    const shared = new Float32Array(buffer, memory.sharedScalers, chunkPlan.units);
    const gradients: Float32Array[] = [];
    const agreed = new Float32Array(chunkPlan.units);
    const gradient = new Float32Array(buffer, memory.gradient, layout.values);
    const own = new Float32Array(chunkPlan.units);
    for (const index of ranks.keys()) {
      this.#gradient(step, index, ranks.length);
      this.#model.scalers.find(step, own);
      own.forEach((scaler, unit) => (agreed[unit] = Math.max(agreed[unit] ?? 0, scaler)));
      gradients.push(gradient.slice());
    }
    shared.set(agreed);
    const delayed = delayedScalersOf(plan, kernels.memory);
    const scalers = delayed?.known ?? shared;
    const stores = await Promise.all(
      ranks.map((_, selfIndex) => SharedChunkStore.create(plan, kernels.memory, { selfIndex })),
    );
    for (const store of stores) store.beginStep(step);
    const payloads = ranks.map((rank, index) => {
      gradient.set(gradients[index] ?? []);
      const start = { selfIndex: index, memberCount: ranks.length } as const;
      const encoder = createChunkEncoder({
        memory: kernels.memory,
        plan,
        codecs,
        start: { type: 'start', step, stateHash: '', restored: false, ...start },
        post: () => {},
      });
      const noise = { seed: spec.training.seed, step, rank };
      encoder.begin({ gradient: memory.gradient, noise, scalers }).rest();
      return chunkPlan.chunks.map((_, c) => stores[index]?.pushPayload(c).slice() ?? new Uint8Array());
    });
    for (const c of chunkPlan.chunks.keys()) {
      const owner = c % ranks.length;
      const store = stores[owner];
      payloads.forEach((chunks, index) => {
        const payload = chunks[c] ?? new Uint8Array();
        const isOwn = index === owner;
        const place = isOwn ? store?.pushPayload(c) : store?.contributionPlace(c, index, payload.length);
        place?.set(payload);
      });
      store?.reduce(c);
    }
    for (const chunk of chunkPlan.chunks) {
      codecs.of(plan.codingAt(step, chunk)).decode(chunk, {
        payload: memory.pull[chunk.index] ?? 0,
        payloadBytes: stores[chunk.index % ranks.length]?.pullPayload(chunk.index).length ?? 0,
        members: ranks.length,
        scalers,
        gradient: memory.gradient,
      });
    }
    const { writtenHash } = optimizer.update({
      weights: memory.weights,
      gradient: memory.gradient,
      slots: memory.slots,
      learningRate: learningRate(spec.training.learningRate, step, totalSteps),
      weightDecay: spec.training.weightDecay,
      step: step + 1,
    });
    delayed?.renew();
    return writtenHash;
  }

  #gradient(step: number, memberIndex: number, members: number): void {
    const { plan, kernels, runtime, dataset, tf } = this.#model;
    const { memory, layout, sampler } = plan;
    const [weights, gradient] = [memory.weights, memory.gradient].map(
      (at) => new Float32Array(kernels.memory.buffer, at, layout.values),
    );
    if (weights === undefined || gradient === undefined) throw new Error('no memory');
    const { indices, scale } = sampler.slice(sampler.stateAt(step), memberIndex, members);
    gradient.fill(0);
    if (indices.length === 0) return;
    runtime.importWeights(weights);
    runtime.gradient(dataset.train.batch(tf, indices), gradient, scale, { step });
  }

  #state(): Uint8Array {
    return Buffer.concat(this.#regions());
  }

  #restore(state: Uint8Array): void {
    let at = 0;
    for (const region of this.#regions()) {
      region.set(state.subarray(at, at + region.length));
      at += region.length;
    }
  }

  #regions(): Uint8Array[] {
    const { kernels, plan } = this.#model;
    const { weights, slots, delayedScalers } = plan.memory;
    const region = (at: number, values: number): Uint8Array =>
      new Uint8Array(kernels.memory.buffer, at, values * Float32Array.BYTES_PER_ELEMENT);
    return [
      ...[weights, ...slots].map((at) => region(at, plan.layout.values)),
      ...(delayedScalers === undefined ? [] : [region(delayedScalers, plan.chunkPlan.units)]),
    ];
  }
}
