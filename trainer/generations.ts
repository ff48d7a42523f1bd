import type { Logger } from 'pino';
import type { ResolvedJob } from '../crds/index.ts';
import { ExchangeError } from './exchange/errors.ts';
import type { Exchange, Membership } from './exchange/exchange.ts';
import type { RunRecord } from './run-record.ts';
import { SharedChunkStore } from './step/chunk-store.ts';
import type { ComputeClient } from './step/compute-client.ts';
import type { GenerationEnd, IoLoop } from './step/io-loop.ts';
import type { Ready } from './step/messages.ts';
import type { StepPlan } from './step/step-plan.ts';

export interface GenerationsOptions {
  readonly job: ResolvedJob;
  readonly ready: Ready;
  readonly planFor: (members: number) => StepPlan;
  readonly exchange: Exchange;
  readonly compute: ComputeClient;
  readonly loop: IoLoop;
  readonly record: RunRecord;
  readonly log: Logger;
  /** How long the compute thread may take to come to the begin of a step. */
  readonly computeBudgetMs: number;
  /** Aborted when the process is asked to stop. */
  readonly stop: AbortSignal;
}

export type TrainingEnd = Exclude<GenerationEnd, { readonly reason: 'membershipChanges' }>;

/** Generations in a row that end without a single confirmed step, after which it is not bad luck any more. */
const MOST_FRUITLESS_GENERATIONS = 5;

/**
 * Trains through as many generations as it takes. The loss of a member ends a generation and not the training: every
 * member keeps its state, goes back to the begin of the step that was not done, and joins the next generation.
 *
 * @throws what ends this member: an error that is its own, or that it waited for the others in vain.
 */
export async function trainThroughGenerations(options: GenerationsOptions): Promise<TrainingEnd> {
  const { ready, exchange, compute, loop, record, log, computeBudgetMs, stop } = options;
  const progress = new ProgressWatch(record);
  let state = { step: 0, stateHash: ready.stateHash };
  for (;;) {
    try {
      const membership = await exchange.form({ signature: ready.signature, ...state }, stop);
      const end = await loop.run(await begin(options, membership));
      if (end.reason !== 'membershipChanges') return end;
      log.info('the membership changes');
    } catch (error) {
      // A failed compute thread closes the exchange; what then ends the waiting side is only the echo.
      if (compute.failure !== undefined) throw compute.failure;
      if (!(error instanceof ExchangeError && error.endsOnlyGeneration)) throw error;
      if (!progress.isWorthAnother()) throw error;
      log.warn(
        { code: error.code, step: record.steps },
        `the generation is over, and the next one forms: ${error.message}`,
      );
    }
    record.state = 'recovering';
    state = await compute.rewind(computeBudgetMs);
  }
}

/** Everything that a generation needs beyond the connections. */
async function begin(
  { ready, planFor, exchange, compute, record, log }: GenerationsOptions,
  membership: Membership,
): Promise<{ plan: StepPlan; store: SharedChunkStore; membership: Membership }> {
  const { generation, members, selfIndex, step, stateHash, copiedFrom } = membership;
  const { failure } = exchange;
  failure.addEventListener('abort', () => compute.interrupt(failure.reason as Error), { once: true });
  const plan = planFor(members.length);
  const store = await SharedChunkStore.create(plan, ready.memory, membership);
  compute.send({
    type: 'start',
    memberCount: members.length,
    selfIndex,
    step,
    stateHash,
    restored: copiedFrom !== undefined,
  });
  record.formed(membership);
  log.info({ generation, workers: members.length, step }, 'all workers are connected');
  return { plan, store, membership };
}

/** Counts generations that bring nothing. */
class ProgressWatch {
  readonly #record: RunRecord;
  #steps = -1;
  #fruitless = 0;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** A generation has failed: whether another one may be tried. */
  isWorthAnother(): boolean {
    const hasAdvanced = this.#record.steps > this.#steps;
    this.#steps = this.#record.steps;
    this.#fruitless = hasAdvanced ? 0 : this.#fruitless + 1;
    return this.#fruitless < MOST_FRUITLESS_GENERATIONS;
  }
}
