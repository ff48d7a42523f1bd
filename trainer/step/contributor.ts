import type { JobSpec } from '../../crds/index.ts';
import type { ModelRuntime } from '../compute/model-runtime.ts';
import type { TensorFlow } from '../compute/tensorflow.ts';
import { createRandom } from '../data/random.ts';
import { failureOf } from '../failure.ts';
import type { Dataset } from '../programs/program.ts';
import type { SmoothOut } from '../regularize/smooth-out.ts';
import type { Kernels } from '../ternary/kernels.ts';
import type { FlatLayout } from '../ternary/layout.ts';
import { AveragedNonTrainable } from './averaged-non-trainable.ts';
import type { Encoding } from './chunk-encoder.ts';
import { monotonicMs } from './clock.ts';
import type { CompletedStep, Contribution, EvaluationSums, Start } from './messages.ts';
import type { ScalerFinder } from './scaler-finder.ts';
import type { StateVectors } from './state-vectors.ts';
import type { StepPlan } from './step-plan.ts';

export interface ContributorOptions {
  /** The plan for a generation of so many members; all such plans share one memory. */
  readonly planFor: (members: number) => StepPlan;
  readonly kernels: Pick<Kernels, 'memory'>;
  readonly spec: JobSpec;
  readonly rank: number;
  readonly tf: TensorFlow;
  readonly runtime: ModelRuntime;
  readonly dataset: Dataset;
  readonly smoothOut: SmoothOut | undefined;
  readonly scalers: ScalerFinder;
  readonly vectors: StateVectors;
}

/** Where a member stands when it contributes. */
export interface Standing {
  /** The next step to be done. */
  readonly step: number;
  readonly stateHash: string;
  /** The step before, until a barrier confirms it. */
  readonly previous: CompletedStep | undefined;
}

/** A member's place in a generation. */
export interface Place {
  readonly plan: StepPlan;
  readonly start: Start;
}

export interface TimedContribution {
  readonly contribution: Contribution;
  readonly beganMs: number;
  readonly statisticsMs: number;
}

/**
 * What a member gives to a step's barrier: gradient (in memory) and local scalers of its slice of the batch, and its slice
 * of an evaluation that is due. The model holds a copy of the flat weights that is renewed here, perturbed for SmoothOut
 * or averaged for evaluation.
 */
export class Contributor {
  readonly #options: ContributorOptions;
  readonly #layout: FlatLayout;
  readonly #average: Float32Array | undefined;
  readonly #nonTrainable: Float32Array | undefined;
  readonly #localScalers: Float32Array;
  readonly #averaged: AveragedNonTrainable;

  constructor(options: ContributorOptions) {
    const { spec, runtime } = options;
    const { memory, layout, chunkPlan } = options.planFor(spec.workers.replicas);
    const floats = (at: number, length: number): Float32Array =>
      new Float32Array(options.kernels.memory.buffer, at, length);
    const someFloats = (at: number | undefined, length: number): Float32Array | undefined =>
      at === undefined ? undefined : floats(at, length);
    this.#options = options;
    this.#layout = layout;
    this.#average = someFloats(memory.average, layout.values);
    this.#nonTrainable = someFloats(memory.nonTrainable, runtime.nonTrainableValues);
    this.#localScalers = floats(memory.localScalers, chunkPlan.units);
    this.#averaged = new AveragedNonTrainable(runtime);
  }

  get #weights(): Float32Array {
    return this.#vectorAt(this.#options.vectors.present.weights);
  }

  get #gradient(): Float32Array {
    return this.#vectorAt(this.#options.vectors.present.gradient);
  }

  #vectorAt(at: number): Float32Array {
    return new Float32Array(this.#options.kernels.memory.buffer, at, this.#layout.values);
  }

  /** The mean of all members' non-trainable weights, from the barrier before an evaluation. */
  agree(nonTrainable: Float32Array | undefined): void {
    this.#averaged.agree(nonTrainable);
  }

  /** What was computed for the step is not what is needed. The forward pass may have changed non-trainable weights. */
  forget(): void {
    if (this.#nonTrainable !== undefined) this.#options.runtime.importNonTrainable(this.#nonTrainable);
  }

  /**
   * Gradient and local scalers of a step; after the last step only the evaluation.
   * @param ahead of a step that is encoded ahead of its barrier.
   */
  contribute(
    { step, stateHash, previous }: Standing,
    place: Place,
    ahead: Encoding | undefined,
  ): TimedContribution {
    const { totalSteps } = place.plan;
    const evaluation = this.#evaluationDue(step, totalSteps) ? this.#evaluate(place) : undefined;
    if (this.#nonTrainable !== undefined) this.#options.runtime.exportNonTrainable(this.#nonTrainable);
    const beganMs = monotonicMs();
    const base = {
      type: 'contribution',
      step,
      stateHash,
      previous,
      ...(evaluation !== undefined && { evaluation }),
    } as const;
    if (step === totalSteps) {
      return { beganMs, statisticsMs: 0, contribution: { ...base, loss: 0, samples: 0, computeMs: 0 } };
    }
    try {
      const { loss, samples } = this.#computeGradient(step, place, ahead);
      const computeMs = monotonicMs() - beganMs - (ahead?.spentMs ?? 0);
      ahead?.rest();
      const encodedMs = monotonicMs();
      this.#options.scalers.find(step, this.#localScalers);
      const statisticsMs = monotonicMs() - encodedMs;
      const nonTrainable = this.#evaluationDue(step + 1, totalSteps)
        ? this.#averaged.contribution()
        : undefined;
      return {
        beganMs,
        statisticsMs,
        contribution: {
          ...base,
          loss,
          samples,
          computeMs,
          ...(nonTrainable !== undefined && { nonTrainable }),
        },
      };
    } catch (error) {
      const nothing = { loss: 0, samples: 0, computeMs: 0 };
      return { beganMs, statisticsMs: 0, contribution: { ...base, ...nothing, fault: failureOf(error) } };
    }
  }

  #computeGradient(
    step: number,
    { plan, start }: Place,
    ahead: Encoding | undefined,
  ): { loss: number; samples: number } {
    const { spec, rank, tf, runtime, dataset, smoothOut } = this.#options;
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
      const onTensor = plan.overlap ? ahead?.tensorReady : undefined;
      const { loss } = runtime.gradient(batch, this.#gradient, scale, { step, random, onTensor });
      return { loss, samples: indices.length };
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
  }

  #evaluationDue(step: number, totalSteps: number): boolean {
    const { everySteps } = this.#options.spec.training.evaluation;
    if (step === totalSteps) return true;
    return everySteps > 0 && step > 0 && step % everySteps === 0;
  }

  /** This member's slice of the test set; the barrier adds the slices up. */
  #evaluate({ start }: Place): EvaluationSums | undefined {
    const { runtime, dataset, spec } = this.#options;
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
