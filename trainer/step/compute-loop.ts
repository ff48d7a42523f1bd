import type { JobSpec } from '../../crds/index.ts';
import type { FlatOptimizer } from '../compute/optimizer/optimizer.ts';
import type { ModelRuntime } from '../compute/model-runtime.ts';
import { learningRate } from '../compute/schedule.ts';
import { createRandom } from '../data/random.ts';
import type { TensorFlow } from '../compute/tensorflow.ts';
import { failureOf } from '../failure.ts';
import type { Dataset } from '../programs/program.ts';
import type { SmoothOut } from '../regularize/smooth-out.ts';
import { BLOCK_VALUES } from '../ternary/layout.ts';
import type { Kernels } from '../ternary/kernels.ts';
import { AveragedNonTrainable } from './averaged-non-trainable.ts';
import { createChunkEncoder, type ChunkEncoder } from './chunk-encoder.ts';
import { monotonicMs } from './clock.ts';
import type { Codecs } from './codecs.ts';
import type { Mailbox } from './mailbox.ts';
import type {
  CompletedStep,
  Contribution,
  EvaluationSums,
  FromCompute,
  Start,
  ToCompute,
} from './messages.ts';
import type { ScalerFinder } from './scaler-finder.ts';
import type { StepPlan } from './step-plan.ts';
import { weightsHash } from './weights-hash.ts';

export interface ComputeLoopOptions {
  readonly plan: StepPlan;
  readonly spec: JobSpec;
  readonly rank: number;
  readonly start: Start;
  readonly tf: TensorFlow;
  readonly runtime: ModelRuntime;
  readonly dataset: Dataset;
  readonly optimizer: FlatOptimizer;
  readonly smoothOut: SmoothOut | undefined;
  readonly kernels: Kernels;
  readonly codecs: Codecs;
  readonly scalers: ScalerFinder;
  /** Hash of the state as it stands in memory. */
  readonly initialHash: string;
  readonly inbox: Mailbox<ToCompute>;
  readonly post: (message: FromCompute) => void;
}

/** The state in memory is not what the last update wrote: a bit has flipped. */
class CorruptStateError extends Error {
  readonly code = 'CORRUPT_STATE';
  override readonly name = 'CorruptStateError';
}

/**
 * The compute thread's part of the steps. The flat weights in memory are the truth; the model holds a copy that is
 * renewed at the start of each step, perturbed for SmoothOut or averaged for evaluation as the step needs.
 */
export class ComputeLoop {
  readonly #options: ComputeLoopOptions;
  readonly #weights: Float32Array;
  readonly #gradient: Float32Array;
  readonly #average: Float32Array | undefined;
  readonly #localScalers: Float32Array;
  readonly #sharedScalers: Float32Array;
  readonly #encoder: ChunkEncoder;
  readonly #averaged: AveragedNonTrainable;
  #stateHash: string;

  constructor(options: ComputeLoopOptions) {
    const { plan, kernels } = options;
    const { memory, layout, chunkPlan } = plan;
    const floats = (at: number, length: number): Float32Array =>
      new Float32Array(kernels.memory.buffer, at, length);
    this.#options = options;
    this.#weights = floats(memory.weights, layout.values);
    this.#gradient = floats(memory.gradient, layout.values);
    this.#average = memory.average === undefined ? undefined : floats(memory.average, layout.values);
    this.#localScalers = floats(memory.localScalers, chunkPlan.units);
    this.#sharedScalers = floats(memory.sharedScalers, chunkPlan.units * plan.scalerRows);
    this.#encoder = createChunkEncoder(options);
    this.#averaged = new AveragedNonTrainable(options.runtime);
    this.#stateHash = options.initialHash;
  }

  /** Runs until the job is done or the members agree to stop; the last word to the I/O thread is `finished`. */
  async run(): Promise<void> {
    const { plan, post, inbox } = this.#options;
    let previous: CompletedStep | undefined;
    for (let step = 0; ; step += 1) {
      const timed = this.#contribute(step, previous);
      post(timed.contribution);
      if (timed.contribution.fault !== undefined) return;
      const barrierFromMs = monotonicMs();
      const agreed = await inbox.next('agreed');
      if (agreed.stop) {
        const reason = step === plan.totalSteps ? 'completed' : 'stopped';
        post({ type: 'finished', reason, weightsHash: weightsHash(plan.layout, this.#weights) });
        return;
      }
      this.#averaged.agree(agreed.nonTrainable);
      const encodeFromMs = monotonicMs();
      this.#encode(step);
      const encodedMs = monotonicMs();
      const staged = await inbox.next('staged');
      const stagedMs = monotonicMs();
      this.#apply(step);
      const endMs = monotonicMs();
      const reducedMs = Math.min(Math.max(staged.reducedAtMs, encodedMs), stagedMs);
      previous = {
        step,
        totalMs: endMs - timed.beganMs,
        phases: {
          compute: timed.contribution.computeMs,
          encode: timed.statisticsMs + (encodedMs - encodeFromMs),
          barrier: encodeFromMs - barrierFromMs,
          push: reducedMs - encodedMs,
          pull: stagedMs - reducedMs,
          apply: endMs - stagedMs,
        },
      };
    }
  }

  /** Gradient and local scalers of a step; after the last step only the evaluation. */
  #contribute(step: number, previous: CompletedStep | undefined): TimedContribution {
    const { plan } = this.#options;
    const evaluation = this.#evaluationDue(step) ? this.#evaluate() : undefined;
    const beganMs = monotonicMs();
    const base = {
      type: 'contribution',
      step,
      stateHash: this.#stateHash,
      previous,
      ...(evaluation !== undefined && { evaluation }),
    } as const;
    if (step === plan.totalSteps) {
      return { beganMs, statisticsMs: 0, contribution: { ...base, loss: 0, samples: 0, computeMs: 0 } };
    }
    try {
      const { loss, samples } = this.#computeGradient(step);
      const computedMs = monotonicMs();
      this.#options.scalers.find(step, this.#localScalers);
      const statisticsMs = monotonicMs() - computedMs;
      const nonTrainable = this.#evaluationDue(step + 1) ? this.#averaged.contribution() : undefined;
      return {
        beganMs,
        statisticsMs,
        contribution: {
          ...base,
          loss,
          samples,
          computeMs: computedMs - beganMs,
          ...(nonTrainable !== undefined && { nonTrainable }),
        },
      };
    } catch (error) {
      const nothing = { loss: 0, samples: 0, computeMs: 0 };
      return { beganMs, statisticsMs: 0, contribution: { ...base, ...nothing, fault: failureOf(error) } };
    }
  }

  #computeGradient(step: number): { loss: number; samples: number } {
    const { plan, spec, rank, start, tf, runtime, dataset, smoothOut } = this.#options;
    const { indices, scale } = plan.sampler.slice(
      plan.sampler.stateAt(step),
      start.selfIndex,
      start.memberCount,
    );
    // A batch smaller than the number of workers leaves some without examples.
    if (indices.length === 0) {
      this.#gradient.fill(0);
      return { loss: 0, samples: 0 };
    }
    const at = { step, rank, totalSteps: plan.totalSteps };
    runtime.importWeights(smoothOut?.perturb(this.#weights, at) ?? this.#weights);
    const key = { seed: spec.training.seed, step, rank };
    const batch = dataset.train.batch(tf, indices, createRandom({ ...key, purpose: 'augmentation' }));
    try {
      const random = createRandom({ ...key, purpose: 'model' });
      const { loss } = runtime.gradient(batch, this.#gradient, scale, { step, random });
      return { loss, samples: indices.length };
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
  }

  #encode(step: number): void {
    const { plan, spec, rank } = this.#options;
    const scalers = plan.scaler === 'local' ? this.#localScalers : this.#sharedScalers;
    this.#encoder.encode({ seed: spec.training.seed, step, rank }, scalers);
  }

  /** Every chunk's sum is in memory and checked: only now do weights change. */
  #apply(step: number): void {
    const { plan, spec, kernels, codecs, optimizer } = this.#options;
    const { memory, layout } = plan;
    for (const chunk of plan.chunkPlan.chunks) {
      codecs.of(plan.codingAt(step, chunk)).decode(chunk, {
        payload: memory.pull[chunk.index] as number,
        members: plan.members,
        scalers: this.#sharedScalers,
        gradient: memory.gradient,
      });
    }
    const { readHash, writtenHash } = optimizer.update({
      weights: memory.weights,
      gradient: memory.gradient,
      slots: memory.slots,
      learningRate: learningRate(spec.training.learningRate, step, plan.totalSteps),
      weightDecay: spec.training.weightDecay,
      step: step + 1,
    });
    if (readHash !== this.#stateHash) {
      throw new CorruptStateError(
        `the weights or the optimizer state of rank ${this.#options.rank} changed in memory between steps ${step - 1} ` +
          `and ${step}: hash ${readHash} instead of ${this.#stateHash}; suspect this machine's memory`,
      );
    }
    this.#stateHash = writtenHash;
    if (memory.average !== undefined) {
      const { decay } = spec.training.ema;
      kernels.movingAverage(memory.average, memory.weights, layout.values / BLOCK_VALUES, decay, 1 - decay);
    }
  }

  #evaluationDue(step: number): boolean {
    const { everySteps } = this.#options.spec.training.evaluation;
    if (step === this.#options.plan.totalSteps) return true;
    return everySteps > 0 && step > 0 && step % everySteps === 0;
  }

  /** This member's slice of the test set; the barrier adds the slices up. */
  #evaluate(): EvaluationSums | undefined {
    const { runtime, dataset, spec, start } = this.#options;
    const { count } = dataset.test;
    const from = Math.floor((start.selfIndex * count) / start.memberCount);
    const to = Math.floor(((start.selfIndex + 1) * count) / start.memberCount);
    if (from === to) return undefined;
    runtime.importWeights(this.#average ?? this.#weights);
    const { batchSize } = spec.training.evaluation;
    const { lossSum, correct, examples } = this.#averaged.during(() =>
      runtime.evaluate(dataset.test, batchSize, { from, to }),
    );
    return { lossSum, correct, examples };
  }
}

interface TimedContribution {
  readonly contribution: Contribution;
  readonly beganMs: number;
  readonly statisticsMs: number;
}
