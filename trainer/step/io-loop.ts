import type { BarrierOutcome, Exchange, Membership } from '../exchange/exchange.ts';
import { CarriedFailureError, type Failure } from '../failure.ts';
import { packSums, unpackSums } from './barrier-sums.ts';
import type { SharedChunkStore } from './chunk-store.ts';
import type { CodecChoice, CodecTrial } from './codec-trial.ts';
import type { StepCodec } from './coding.ts';
import type { ComputeClient } from './compute-client.ts';
import type {
  CompletedStep,
  Contribution,
  Damaged,
  EvaluationSums,
  Finished,
  FromCompute,
} from './messages.ts';
import type { StepPlan } from './step-plan.ts';

export interface IoLoopOptions {
  readonly exchange: Exchange;
  readonly compute: ComputeClient;
  /** Of a job that leaves the codec to its workers. */
  readonly codecTrial?: CodecTrial | undefined;
  readonly onCodecChosen?: (choice: CodecChoice) => void;
  /** Asked at each barrier; once true, this member leaves there. */
  readonly stopRequested: () => boolean;
  /**
   * All members are at this step, and every step before it is done and can be spoken of. The state in memory stays as it
   * is until this returns.
   */
  readonly onConfirmed: (at: ConfirmedState, previous: ConfirmedByBarrier | undefined) => void;
  /** All steps are done; the members wait for each other's word that they have the same weights. */
  readonly beforeFinish: () => Promise<void>;
  readonly onEvaluated: (step: number, sums: EvaluationSums) => void;
  /** How long the compute thread may take for a gradient or for its last words. */
  readonly computeBudgetMs: number;
  readonly signal: AbortSignal;
}

export interface ConfirmedState {
  /** The next step to be done. */
  readonly step: number;
  readonly stateHash: string;
  readonly generation: number;
  /** What the workers have chosen for the rest of the job, where it is theirs to choose. */
  readonly codec?: StepCodec | undefined;
}

/** What is known of a step once every member has passed the next barrier. */
export interface ConfirmedByBarrier {
  readonly completed: CompletedStep;
  readonly samples: number;
  /** This member's own slice of `samples`. */
  readonly ownSamples: number;
  readonly meanLoss: number;
  readonly slowestComputeMs: number;
}

/** How a generation came to its end without an error. */
export type GenerationEnd =
  | {
      readonly reason: 'completed';
      readonly weightsHash: string;
      /** Of all ranks, in rank order: equal. */
      readonly weightsHashes: readonly string[];
    }
  /** This member leaves. */
  | { readonly reason: 'stopped'; readonly weightsHash: string }
  /** Another member leaves, or somebody joins: there will be another generation. */
  | { readonly reason: 'membershipChanges' };

/** What a generation needs that is made for it alone. */
export interface GenerationParts {
  readonly plan: StepPlan;
  readonly store: SharedChunkStore;
  readonly membership: Pick<Membership, 'step' | 'generation'>;
}

/** The I/O thread's part of the steps: barrier, exchange, and the words with the compute thread in between. */
export class IoLoop {
  readonly #options: IoLoopOptions;
  /** Of the step before the present one; kept from one generation to the next, which may do a step again. */
  #previous: (Omit<ConfirmedByBarrier, 'completed'> & { readonly step: number }) | undefined;
  #evaluatedStep = -1;
  /** The step of this generation that was begun ahead of its barrier last. */
  #opened = -1;

  constructor(options: IoLoopOptions) {
    this.#options = options;
  }

  /** Steps until the job is done, this member leaves, or the membership changes. Rejects with what ends the generation. */
  async run({ plan, store, membership }: GenerationParts): Promise<GenerationEnd> {
    const { exchange, compute, stopRequested, signal } = this.#options;
    this.#opened = -1;
    for (let { step } = membership; ; step += 1) {
      this.#listenAhead(step, store);
      const contribution = await this.#contribution(step);
      this.#addToTrial(contribution, plan);
      // After the last step there is nothing left to leave.
      const leaving = step < plan.totalSteps && stopRequested();
      const outcome = await this.#passBarrier(contribution, store.localScalers, leaving);
      const codec = this.#options.codecTrial?.agreed(outcome.maxima[1] ?? 0);
      this.#confirm(
        {
          step,
          stateHash: contribution.stateHash,
          generation: membership.generation,
          codec: this.#options.codecTrial?.chosen,
        },
        contribution,
      );
      const { evaluation, nonTrainable } = unpackSums(outcome.sums, plan.members);
      if (evaluation !== undefined && step > this.#evaluatedStep) {
        this.#evaluatedStep = step;
        this.#options.onEvaluated(step, evaluation);
      }
      if (outcome.ends && !leaving) return { reason: 'membershipChanges' };
      if (step === plan.totalSteps || leaving) {
        compute.send({ type: 'agreed', step, stop: true });
        const { weightsHash } = await this.#finished();
        if (leaving) return { reason: 'stopped', weightsHash };
        await this.#options.beforeFinish();
        const weightsHashes = await exchange.finish(weightsHash, signal);
        return { reason: 'completed', weightsHash, weightsHashes };
      }
      this.#previous = {
        step,
        samples: outcome.samples,
        ownSamples: contribution.samples,
        meanLoss: outcome.meanLoss,
        slowestComputeMs: outcome.maxima[0] ?? contribution.computeMs,
      };
      store.sharedScalers.set(outcome.scalers);
      if (this.#opened !== step) store.beginStep(step, codec);
      const running = exchange.beginStep(step, store);
      compute.onEncoded = (chunks) => chunks.forEach((chunk) => running.chunkEncoded(chunk));
      compute.send({
        type: 'agreed',
        step,
        stop: false,
        ...(codec !== undefined && { codec }),
        ...(nonTrainable !== undefined && { nonTrainable }),
      });
      await running.staged;
    }
  }

  /** The compute thread may encode ahead of the barrier; then the exchange of the step begins with what it tells first. */
  #listenAhead(step: number, store: SharedChunkStore): void {
    const { exchange, compute } = this.#options;
    compute.onEncoded = (chunks) => {
      this.#opened = step;
      const opened = exchange.openStep(step, () => {
        store.beginStep(step);
        return store;
      });
      compute.onEncoded = (more) => more.forEach((chunk) => opened.chunkEncoded(chunk));
      compute.onEncoded(chunks);
    };
  }

  async #contribution(step: number): Promise<Contribution> {
    const { compute, computeBudgetMs } = this.#options;
    const contribution = this.#undamaged(await compute.next(['contribution', 'damaged'], computeBudgetMs));
    // The members compare what they say, not what they should say; alone, a worker compares nothing.
    if (contribution.step !== step) {
      throw new Error(`the compute thread contributes to step ${contribution.step} instead of ${step}`);
    }
    return contribution;
  }

  async #finished(): Promise<Finished> {
    const { compute, computeBudgetMs } = this.#options;
    return this.#undamaged(await compute.next(['finished', 'damaged'], computeBudgetMs));
  }

  #undamaged<Message extends FromCompute>(message: Message | Damaged): Message {
    if (message.type === 'damaged') throw this.#options.exchange.abandon(message);
    return message;
  }

  /** Rank 0 learns how long the step took that this contribution follows. */
  #addToTrial({ previous }: Contribution, plan: StepPlan): void {
    const { codecTrial, onCodecChosen } = this.#options;
    const known = this.#previous;
    if (codecTrial?.chosen !== undefined || previous === undefined || known === undefined) return;
    // A step of a float epoch says nothing of the codec.
    const isSentAs = plan.codingAt(previous.step, { exempt: false }, 'ternary').codec;
    if (previous.step !== known.step || isSentAs !== 'ternary') return;
    codecTrial?.add({ totalMs: previous.totalMs, slowestComputeMs: known.slowestComputeMs });
    if (codecTrial?.choice !== undefined) onCodecChosen?.(codecTrial.choice);
  }

  async #passBarrier(
    contribution: Contribution,
    scalers: Float32Array,
    leaving: boolean,
  ): Promise<BarrierOutcome> {
    const { exchange, signal } = this.#options;
    const { step, fault } = contribution;
    const passed = exchange.barrier(
      {
        step,
        stateHash: contribution.stateHash,
        scalers,
        loss: contribution.loss,
        samples: contribution.samples,
        sums: packSums(contribution),
        maxima: [contribution.computeMs, this.#options.codecTrial?.stage ?? 0],
        leaving,
        ...(fault !== undefined && { fault: { reason: faultReason(fault), message: fault.message } }),
      },
      signal,
    );
    if (fault === undefined) return passed;
    // This barrier ends with an error for every member; the real one is here.
    await passed.catch(() => {});
    throw new CarriedFailureError(fault);
  }

  #confirm(at: ConfirmedState, { previous }: Contribution): void {
    const known = this.#previous;
    const isKnown = previous !== undefined && previous.step === known?.step;
    this.#options.onConfirmed(at, isKnown ? { completed: previous, ...known } : undefined);
    // Passed twice by a step that is done again, but confirmed once.
    this.#previous = undefined;
  }
}

function faultReason({ reason }: Failure): 'non-finite' | 'program' {
  return reason === 'LossNotFinite' || reason === 'GradientNotFinite' ? 'non-finite' : 'program';
}
