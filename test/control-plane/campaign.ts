import { availableParallelism } from 'node:os';
import type { Plan } from './fault.ts';
import { HAPPENINGS } from './life.ts';
import { randomOf } from './random.ts';
import { appendResult, nameOf } from './results.ts';
import type { LifeRecord, Surroundings } from './trial.ts';
import { LifeFailedError, live } from './trial.ts';

/** What became of a plan: `undefined` where all was as in the reference run. */
export type Verdict = { readonly plan: Plan; readonly failure: string | undefined };

/** Of the ten seconds of a life, an idle processor works for two; the rest is waiting. */
const LANES = 5 * availableParallelism();
/** Beside them, for lives that wait for leases and timeouts most of their time: they would keep the others from the processor. */
const PATIENT_LANES = 4 * availableParallelism();
export const AT_ONCE = LANES + PATIENT_LANES;
/**
 * Writes that come together now and then are one; then the place is not there, and the life is lived again. So is one that
 * ended before its fault: on a computer that is overloaded.
 */
const TRIES = 3;

/**
 * Runs all plans, several at a time; the verdict of each comes when it comes. Never rejects.
 * @param budgetMs no life begins later than this; a plan that then was not lived has that as its failure, and no row
 */
export function runAll(
  plans: readonly Plan[],
  reference: LifeRecord,
  surroundings: Surroundings,
  seed: number,
  budgetMs: number,
): ReadonlyMap<Plan, Promise<Verdict>> {
  const endMs = performance.now() + budgetMs;
  let numbers = 10;
  const settle = new Map<Plan, (verdict: Verdict) => void>();
  const verdicts = new Map(
    plans.map((plan) => [plan, new Promise<Verdict>((resolve) => settle.set(plan, resolve))]),
  );
  const judge = async (plan: Plan): Promise<string | undefined> => {
    const name = nameOf(plan);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const random = randomOf(seed + tries - 1, name);
      numbers += 1;
      const number = numbers;
      const { stepLimitMs } = plan;
      const lived = await live(surroundings, {
        number,
        fault: plan.make(random),
        random,
        reference,
        ...(stepLimitMs !== undefined && { stepLimitMs }),
      }).catch((error: unknown) => {
        if (error instanceof LifeFailedError && !error.isMet && tries < TRIES) return undefined;
        throw error;
      });
      if (lived === undefined) continue;
      const told = plan.mayRepeatEvents === true ? undefined : tooManyTold(lived.events);
      if (told !== undefined) return told;
      if (lived.isMet) return undefined;
      if (tries === TRIES) return `the fault never met its place in ${TRIES} lives`;
    }
    return undefined;
  };
  const work = async (queue: Plan[]): Promise<void> => {
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
      if (performance.now() > endMs) {
        settle.get(plan)?.({ plan, failure: `not lived: ${budgetMs / 60_000} minutes were over` });
        continue;
      }
      const failure = await judge(plan).catch((error: unknown) => String(error));
      const { id, fault, place } = plan;
      const result = failure === undefined ? 'as without the fault' : 'failed';
      appendResult({ id, fault, place, seed, result, ...(failure !== undefined && { failure }) });
      settle.get(plan)?.({ plan, failure });
    }
  };
  const patient = plans.filter(isPatient);
  const others = plans.filter((plan) => !isPatient(plan));
  for (let lane = 0; lane < PATIENT_LANES; lane += 1) void work(patient);
  for (let lane = 0; lane < LANES; lane += 1) void work(others);
  return verdicts;
}

function isPatient({ stepLimitMs }: Plan): boolean {
  return stepLimitMs !== undefined;
}

/** An Event may be lost with its operator; it is never told more often than it happened. */
function tooManyTold(told: Readonly<Record<string, number>>): string | undefined {
  // What a fault puts in the way is rightly told.
  const wrong = Object.entries(told).filter(
    ([reason, count]) => reason !== 'JobBlocked' && count > (HAPPENINGS[reason] ?? 0),
  );
  return wrong.length === 0
    ? undefined
    : `Events told too often: ${JSON.stringify(Object.fromEntries(wrong))}`;
}
