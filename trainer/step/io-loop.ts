import type { Exchange } from '../exchange/exchange.ts';
import { CarriedFailureError, type Failure } from '../failure.ts';
import { packSums, unpackSums } from './barrier-sums.ts';
import type { SharedChunkStore } from './chunk-store.ts';
import type { ComputeClient } from './compute-client.ts';
import type { CompletedStep, EvaluationSums } from './messages.ts';
import type { StepPlan } from './step-plan.ts';

export interface IoLoopOptions {
  readonly plan: StepPlan;
  readonly store: SharedChunkStore;
  readonly exchange: Exchange;
  readonly compute: ComputeClient;
  /** Asked at each barrier; once true, everyone stops at the same step. */
  readonly stopRequested: () => boolean;
  readonly onConfirmed: (step: ConfirmedByBarrier) => void;
  readonly onEvaluated: (step: number, sums: EvaluationSums) => void;
  /** How long the compute thread may take for a gradient or for its last words. */
  readonly computeBudgetMs: number;
  readonly signal: AbortSignal;
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

export interface IoLoopResult {
  readonly reason: 'completed' | 'stopped';
  readonly weightsHash: string;
  /** Of all ranks, in rank order: equal. */
  readonly weightsHashes: readonly string[];
}

/** The I/O thread's part of the steps: barrier, exchange, and the words with the compute thread in between. */
export async function runIoLoop(options: IoLoopOptions): Promise<IoLoopResult> {
  const { plan, store, exchange, compute, signal } = options;
  let previous: Omit<ConfirmedByBarrier, 'completed'> | undefined;

  for (let step = 0; ; step += 1) {
    const contribution = await compute.next('contribution', options.computeBudgetMs);
    const { fault } = contribution;
    const passed = exchange.barrier(
      {
        step,
        stateHash: contribution.stateHash,
        scalers: store.localScalers,
        loss: contribution.loss,
        samples: contribution.samples,
        sums: packSums(contribution),
        maxima: [contribution.computeMs],
        stop: options.stopRequested(),
        ...(fault !== undefined && { fault: { reason: faultReason(fault), message: fault.message } }),
      },
      signal,
    );
    if (fault !== undefined) {
      // This barrier ends with an error for every member; the real one is here.
      await passed.catch(() => {});
      throw new CarriedFailureError(fault);
    }
    const outcome = await passed;
    if (contribution.previous !== undefined && previous !== undefined) {
      options.onConfirmed({ completed: contribution.previous, ...previous });
    }
    const { evaluation, nonTrainable } = unpackSums(outcome.sums, plan.members);
    if (evaluation !== undefined) options.onEvaluated(step, evaluation);

    if (outcome.stop || step === plan.totalSteps) {
      compute.send({ type: 'agreed', step, stop: true });
      const finished = await compute.next('finished', options.computeBudgetMs);
      const weightsHashes = await exchange.finish(finished.weightsHash, signal);
      return { reason: finished.reason, weightsHash: finished.weightsHash, weightsHashes };
    }
    previous = {
      samples: outcome.samples,
      ownSamples: contribution.samples,
      meanLoss: outcome.meanLoss,
      slowestComputeMs: outcome.maxima[0] ?? contribution.computeMs,
    };

    store.sharedScalers.set(outcome.scalers);
    store.beginStep(step);
    const running = exchange.beginStep(step, store);
    compute.onEncoded = (chunks) => chunks.forEach((chunk) => running.chunkEncoded(chunk));
    compute.send({ type: 'agreed', step, stop: false, ...(nonTrainable !== undefined && { nonTrainable }) });
    await running.staged;
    compute.send({ type: 'staged', step, reducedAtMs: store.reducedAtMs });
  }
}

function faultReason({ reason }: Failure): 'non-finite' | 'program' {
  return reason === 'LossNotFinite' || reason === 'GradientNotFinite' ? 'non-finite' : 'program';
}
