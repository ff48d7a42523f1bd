import type { Logger } from 'pino';
import type { ResolvedJob } from '../crds/index.ts';
import { ExchangeError, PeerLostError } from './exchange/errors.ts';
import { COORDINATOR } from './exchange/coordination.ts';
import type { Exchange, Membership, Observer } from './exchange/exchange.ts';
import type { RunRecord } from './run-record.ts';
import { SharedChunkStore } from './step/chunk-store.ts';
import type { Standing } from './saving/checkpoint-keeper.ts';
import type { ComputeClient } from './step/compute-client.ts';
import type { GenerationEnd, IoLoop } from './step/io-loop.ts';
import type { Ready } from './step/messages.ts';
import type { StepPlan } from './step/step-plan.ts';
import { exchangeSignature } from './ternary/payload-format.ts';

export interface GenerationsOptions {
  readonly job: ResolvedJob;
  readonly rank: number;
  readonly ready: Ready;
  readonly planFor: (members: number) => StepPlan;
  readonly exchange: Exchange;
  readonly compute: ComputeClient;
  /** Where this member starts when its memory holds a checkpoint. */
  readonly resumed: Standing | undefined;
  /** This member goes while it forms a generation; the state in memory is whole, and of no step that is half done. */
  readonly onEndBetweenGenerations: (standing: Standing) => Promise<void>;
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
  const { ready, resumed, exchange, compute, loop, record, log, computeBudgetMs } = options;
  const progress = new ProgressWatch(record);
  let state: Standing = resumed ?? { step: 0, stateHash: ready.stateHash, generation: 0 };
  let isLoaded = resumed !== undefined;
  /** Final hashes of all, from a finish that not everyone was known to have heard of. */
  let agreed: readonly string[] | undefined;
  if (mayObserve(options)) state = await observe(options, state);
  for (;;) {
    try {
      const membership = await form(options, state);
      const parts = await begin(options, membership, isLoaded);
      isLoaded = false;
      const end = await loop.run(parts);
      if (end.reason !== 'membershipChanges') return end;
      log.info('the membership changes');
    } catch (error) {
      // A failed compute thread closes the exchange; what then ends the waiting side is only the echo.
      if (compute.failure !== undefined) throw compute.failure;
      agreed ??= exchange.finalHashes;
      const mayGoOn = error instanceof ExchangeError && error.endsOnlyGeneration && progress.isWorthAnother();
      if (!mayGoOn) {
        // Nobody came who needed this member's state, and all weights were equal: it has done its part.
        if (agreed !== undefined && error instanceof PeerLostError) return completed(agreed);
        throw error;
      }
      log.warn(
        { code: error.code, step: record.steps },
        `the generation is over, and the next one forms: ${error.message}`,
      );
    }
    record.state = 'recovering';
    const { step, stateHash } = await compute.rewind(computeBudgetMs);
    state = isLoaded ? state : { step, stateHash, generation: exchange.generationSeen };
  }
}

function completed(weightsHashes: readonly string[]): TrainingEnd {
  return { reason: 'completed', weightsHash: weightsHashes[0] ?? '', weightsHashes };
}

/** A worker of an elastic job that brings nothing may find the others in the midst of the training. */
function mayObserve({ job, rank, resumed }: GenerationsOptions): boolean {
  return job.spec.workers.elastic !== undefined && rank !== COORDINATOR && resumed === undefined;
}

async function observe(options: GenerationsOptions, state: Standing): Promise<Standing> {
  const { ready, planFor, exchange, compute, computeBudgetMs, stop } = options;
  const signature = exchangeSignature(ready.signature);
  const observer: Observer = {
    async begin({ step, stateHash, members }) {
      const plan = planFor(members);
      const store = await SharedChunkStore.create(plan, ready.memory, { selfIndex: 0 });
      compute.send({ type: 'observe', memberCount: members, step, stateHash });
      await compute.next(['applied'], computeBudgetMs);
      return store;
    },
    async apply(step) {
      compute.send({ type: 'observed', step });
      return (await compute.next(['applied'], computeBudgetMs)).stateHash;
    },
  };
  await exchange.observe({ signature, step: state.step, stateHash: state.stateHash }, observer, stop);
  if (compute.failure !== undefined) throw compute.failure;
  const { step, stateHash } = await compute.rewind(computeBudgetMs);
  return { step, stateHash, generation: exchange.generationSeen };
}

async function form(
  { ready, exchange, stop, onEndBetweenGenerations }: GenerationsOptions,
  standing: Standing,
): Promise<Membership> {
  const { step, stateHash, generation } = standing;
  try {
    return await exchange.form(
      { signature: exchangeSignature(ready.signature), step, stateHash, generationSeen: generation },
      stop,
    );
  } catch (error) {
    const isOver = !(error instanceof ExchangeError && error.endsOnlyGeneration);
    if (isOver && exchange.hasOwnState) await onEndBetweenGenerations(standing);
    throw error;
  }
}

/**
 * Everything that a generation needs beyond the connections.
 * @param isLoaded whether the state in memory is one that the compute thread has not seen yet.
 */
async function begin(
  { ready, planFor, exchange, compute, record, log }: GenerationsOptions,
  membership: Membership,
  isLoaded: boolean,
): Promise<{ plan: StepPlan; store: SharedChunkStore; membership: Membership }> {
  const { generation, members, selfIndex, step, stateHash, restored } = membership;
  const { failure } = exchange;
  failure.addEventListener('abort', () => compute.interrupt(failure.reason as Error), { once: true });
  const plan = planFor(members.length);
  const store = await SharedChunkStore.create(plan, ready.memory, membership);
  compute.beforeRewind = () => store.interrupt();
  compute.send({
    type: 'start',
    memberCount: members.length,
    selfIndex,
    step,
    stateHash,
    restored: isLoaded || restored,
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
