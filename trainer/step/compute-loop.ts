import type { FlatOptimizer } from '../compute/optimizer/optimizer.ts';
import { learningRate } from '../compute/schedule.ts';
import type { Chunk } from '../ternary/chunks.ts';
import { BLOCK_VALUES, type FlatLayout } from '../ternary/layout.ts';
import type { Kernels } from '../ternary/kernels.ts';
import { arrivalsOf, type Arrivals } from './arrivals.ts';
import { createChunkEncoder, type ChunkEncoder, type Encoding } from './chunk-encoder.ts';
import { monotonicMs } from './clock.ts';
import type { Codecs } from './codecs.ts';
import {
  Contributor,
  type ContributorOptions,
  type Place,
  type Standing,
  type TimedContribution,
} from './contributor.ts';
import type { StepCodec } from './coding.ts';
import type { Mailbox } from './mailbox.ts';
import type { CompletedStep, FromCompute, Observe, Start, ToCompute } from './messages.ts';
import type { StepPlan } from './step-plan.ts';
import { delayedScalersOf, type DelayedScalers } from './delayed-scalers.ts';
import { createSumApplier, type StepSettings, type SumApplier } from './sum-applier.ts';
import { weightsHash } from './weights-hash.ts';

export interface ComputeLoopOptions extends ContributorOptions {
  readonly optimizer: FlatOptimizer;
  readonly kernels: Kernels;
  readonly codecs: Codecs;
  /** Hash of the state as it stands in memory, which is that before step 0. */
  readonly initialHash: string;
  readonly inbox: Mailbox<ToCompute>;
  readonly post: (message: FromCompute) => void;
  /** Waits as `Arrivals.wait` does. By default this thread sleeps. */
  readonly waitForSums?: (arrivals: Arrivals, known: number) => Promise<number | undefined>;
}

/** Nothing else is to be done on this thread meanwhile. */
function blockForSums(arrivals: Arrivals, known: number): number | undefined {
  return arrivals.wait(known);
}

/** The state that was copied from a peer is not the one that the members agreed on. */
class WrongStateError extends Error {
  readonly code = 'WRONG_STATE';
  override readonly name = 'WrongStateError';
}

/** This member's place in the present generation, and what follows from it. */
interface Seat extends Place {
  readonly encoder: ChunkEncoder;
  readonly applier: SumApplier;
  readonly arrivals: Arrivals;
  readonly reducedAt: Float64Array;
  readonly sharedScalers: Float32Array;
}

/**
 * The compute thread's part of the steps. The flat weights in memory are the truth; the model holds a copy.
 *
 * A generation may end at any time. A step whose sums have all come is applied then, and nothing else: this thread is
 * always at the begin of a step when it hears of it.
 */
export class ComputeLoop {
  readonly #options: ComputeLoopOptions;
  readonly #layout: FlatLayout;
  readonly #localScalers: Float32Array;
  readonly #contributor: Contributor;
  readonly #delayedScalers: DelayedScalers | undefined;
  /** The next step to be done. */
  #step = 0;
  #stateHash: string;
  /** What this member has to give to the step, once it is known: a step that is done again takes the same. */
  #pending: TimedContribution | undefined;
  /** The step before, until a barrier confirms it. */
  #previous: CompletedStep | undefined;
  #seat: Seat | undefined;

  constructor(options: ComputeLoopOptions) {
    const { memory: shared } = options.kernels;
    const plan = options.planFor(options.spec.workers.replicas);
    this.#options = options;
    this.#layout = plan.layout;
    this.#localScalers = new Float32Array(shared.buffer, plan.memory.localScalers, plan.chunkPlan.units);
    this.#contributor = new Contributor(options);
    this.#delayedScalers = delayedScalersOf(plan, shared);
    this.#stateHash = options.initialHash;
  }

  get #standing(): Standing {
    return { step: this.#step, stateHash: this.#stateHash, previous: this.#previous };
  }

  get #weights(): Float32Array {
    const { kernels, vectors } = this.#options;
    return new Float32Array(kernels.memory.buffer, vectors.present.weights, this.#layout.values);
  }

  /** Runs one generation after the other until this member has nothing more to give. */
  async run(): Promise<void> {
    const { inbox, post } = this.#options;
    for (;;) {
      const start = await inbox.next('start', 'observe', 'rewind');
      // A generation that was never formed may end, too.
      const hasFailed = start.type === 'start' && (await this.#runGeneration(this.#sit(start)));
      if (hasFailed) return;
      if (start.type === 'observe') await this.#observe(start);
      // Others may copy this state before the next update would have found a flipped bit.
      if (!this.#isWhole()) this.#giveStateUp();
      post({ type: 'rewound', step: this.#step, stateHash: this.#stateHash });
    }
  }

  #sit(start: Start): Seat {
    const { planFor, post, codecs, kernels, optimizer, vectors } = this.#options;
    const { memory } = kernels;
    const isSamePlace =
      start.memberCount === this.#seat?.start.memberCount && start.selfIndex === this.#seat.start.selfIndex;
    if (start.restored) this.#takeState(start);
    else if (start.step !== this.#step)
      throw new Error(`at step ${this.#step}, told to start at ${start.step}`);
    if (start.restored || !isSamePlace) this.#forget();
    const plan = planFor(start.memberCount);
    const units = plan.chunkPlan.units * plan.scalerRows;
    this.#seat = {
      start,
      plan,
      encoder: createChunkEncoder({ memory, plan, codecs, start, post }),
      applier: createSumApplier({ plan, kernels, codecs, optimizer, vectors }),
      arrivals: arrivalsOf(plan, memory),
      reducedAt: new Float64Array(memory.buffer, plan.memory.reducedAt, 1),
      sharedScalers: new Float32Array(memory.buffer, plan.memory.sharedScalers, units),
    };
    return this.#seat;
  }

  /** Applies what the members have summed, until the generation is over; the others do not know of it. */
  async #observe(from: Observe): Promise<void> {
    const { planFor, post, inbox, kernels, codecs, optimizer, vectors } = this.#options;
    this.#takeState(from);
    // What was made for another place in another generation is of no use after this.
    this.#seat = undefined;
    const plan = planFor(from.memberCount);
    const applier = createSumApplier({ plan, kernels, codecs, optimizer, vectors });
    for (;;) {
      post({ type: 'applied', step: this.#step, stateHash: this.#stateHash });
      const message = await inbox.next('observed', 'rewind');
      if (message.type === 'rewind') return;
      applier.begin(this.#settings(plan));
      for (const chunk of plan.chunkPlan.chunks) applier.take(chunk);
      const damage = this.#commit(applier, plan);
      if (damage !== undefined) throw new WrongStateError(damage);
      this.#step += 1;
    }
  }

  /** The state in memory is a peer's, as it was before `start.step`. */
  #takeState(start: Pick<Start, 'memberCount' | 'step' | 'stateHash'>): void {
    const { optimizer, rank, vectors } = this.#options;
    const hash = optimizer.hash(vectors.present.weights, vectors.present.slots);
    if (hash !== start.stateHash) {
      throw new WrongStateError(
        `rank ${rank} got a state with hash ${hash} instead of ${start.stateHash} for step ${start.step}; suspect the ` +
          'memory of the worker that it was copied from',
      );
    }
    this.#step = start.step;
    this.#stateHash = hash;
    this.#previous = undefined;
    this.#contributor.agree(undefined);
  }

  /** What was computed for the step is not what is needed. The forward pass may have changed non-trainable weights. */
  #forget(): void {
    this.#pending = undefined;
    this.#contributor.forget();
  }

  /** Returns when the generation is over; true when this member cannot go on. */
  async #runGeneration(seat: Seat): Promise<boolean> {
    const { post, inbox } = this.#options;
    for (;;) {
      const ahead = this.#mayEncodeAhead(seat.plan) ? this.#beginEncoding(seat) : undefined;
      const timed = (this.#pending ??= this.#contributor.contribute(this.#standing, seat, ahead));
      // Of a step that is done again nothing is encoded yet.
      if (timed.contribution.fault === undefined) ahead?.rest();
      post(timed.contribution);
      if (timed.contribution.fault !== undefined) return true;
      const barrierFromMs = monotonicMs();
      const agreed = await inbox.next('agreed', 'rewind');
      if (agreed.type === 'rewind') return false;
      if (agreed.stop) {
        if (!this.#isWhole()) {
          await this.#endDamaged(
            `the weights of rank ${this.#options.rank} changed in memory after the last update`,
          );
          return false;
        }
        const reason = this.#step === seat.plan.totalSteps ? 'completed' : 'stopped';
        post({ type: 'finished', reason, weightsHash: weightsHash(this.#layout, this.#weights) });
        await inbox.next('rewind');
        return false;
      }
      this.#contributor.agree(agreed.nonTrainable);
      const encodeFromMs = monotonicMs();
      if (ahead === undefined) this.#beginEncoding(seat, agreed.codec).rest();
      const encodedMs = monotonicMs();
      const stagedMs = await this.#takeSums(seat, agreed.codec);
      if (stagedMs === undefined) {
        await inbox.next('rewind');
        return false;
      }
      const damage = this.#commit(seat.applier, seat.plan);
      if (damage !== undefined) {
        await this.#endDamaged(damage);
        return false;
      }
      const exceededScalers = this.#delayedScalers?.exceeded;
      const endMs = monotonicMs();
      const reducedMs = Math.min(Math.max(seat.reducedAt[0] ?? 0, encodedMs), stagedMs);
      this.#previous = {
        step: this.#step,
        totalMs: endMs - timed.beganMs,
        ...(exceededScalers !== undefined && { exceededScalers }),
        phases: {
          compute: timed.contribution.computeMs,
          encode: timed.statisticsMs + (ahead?.spentMs ?? 0) + (encodedMs - encodeFromMs),
          barrier: encodeFromMs - barrierFromMs,
          push: reducedMs - encodedMs,
          pull: stagedMs - reducedMs,
          apply: endMs - stagedMs,
        },
      };
      this.#step += 1;
      this.#pending = undefined;
    }
  }

  /** Nothing that the other members say changes what is sent. */
  #mayEncodeAhead(plan: StepPlan): boolean {
    if (this.#step === plan.totalSteps) return false;
    return this.#delayedScalers === undefined ? plan.overlap : this.#delayedScalers.areKnown;
  }

  #beginEncoding({ plan, encoder, sharedScalers }: Seat, codec?: StepCodec): Encoding {
    const { spec, rank, vectors } = this.#options;
    const agreed = this.#delayedScalers?.known ?? sharedScalers;
    const scalers = plan.scaler === 'local' ? this.#localScalers : agreed;
    const noise = { seed: spec.training.seed, step: this.#step, rank };
    return encoder.begin({ gradient: vectors.present.gradient, noise, scalers, codec });
  }

  /** The state in memory is the one that this thread wrote, and no part of a peer's. */
  #isWhole(): boolean {
    const { optimizer, vectors } = this.#options;
    return optimizer.hash(vectors.present.weights, vectors.present.slots) === this.#stateHash;
  }

  async #endDamaged(message: string): Promise<void> {
    this.#options.post({ type: 'damaged', step: this.#step, message });
    this.#giveStateUp();
    await this.#options.inbox.next('rewind');
  }

  /** As if this member had just started, but with nothing that is worth being told of. */
  #giveStateUp(): void {
    this.#step = 0;
    this.#stateHash = '';
    this.#pending = undefined;
    this.#previous = undefined;
  }

  /**
   * Takes the sums of the step as they come. Returns when the last one came, on the `monotonicMs` clock; `undefined` when the
   * generation is over before: the state is as it was, but the gradient is spent if one sum has come.
   */
  async #takeSums(
    { plan, applier, arrivals }: Seat,
    codec: StepCodec | undefined,
  ): Promise<number | undefined> {
    const { waitForSums = blockForSums } = this.#options;
    const { chunks } = plan.chunkPlan;
    let arrivedMs = monotonicMs();
    applier.begin(this.#settings(plan, codec));
    for (let taken = 0; taken < chunks.length;) {
      const count = await waitForSums(arrivals, taken);
      if (count === undefined) {
        if (taken > 0) this.#forget();
        return undefined;
      }
      arrivedMs = monotonicMs();
      for (; taken < count; taken += 1) applier.take(chunks[arrivals.chunk(taken)] as Chunk);
    }
    return arrivedMs;
  }

  #settings({ totalSteps }: StepPlan, codec?: StepCodec): StepSettings {
    const { learningRate: schedule, weightDecay } = this.#options.spec.training;
    return {
      step: this.#step,
      learningRate: learningRate(schedule, this.#step, totalSteps),
      weightDecay,
      scalers: this.#delayedScalers?.known,
      ...(codec !== undefined && { codec }),
    };
  }

  /**
   * Every chunk's sum was in memory and checked: only now do weights change.
   * @returns what is wrong with the state, which is then of no use, or `undefined`.
   */
  #commit(applier: SumApplier, { memory, layout }: StepPlan): string | undefined {
    const step = this.#step;
    const { spec, kernels, vectors } = this.#options;
    const { readHash, writtenHash } = applier.commit();
    if (readHash !== this.#stateHash) {
      return (
        `the weights or the optimizer state of rank ${this.#options.rank} changed in memory between steps ${step - 1} ` +
        `and ${step}: hash ${readHash} instead of ${this.#stateHash}; suspect this machine's memory`
      );
    }
    this.#stateHash = writtenHash;
    this.#delayedScalers?.renew();
    if (memory.average !== undefined) {
      const { decay } = spec.training.ema;
      kernels.movingAverage(
        memory.average,
        vectors.present.weights,
        layout.values / BLOCK_VALUES,
        decay,
        1 - decay,
      );
    }
    return undefined;
  }
}
