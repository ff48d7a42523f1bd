import { atRest } from './at-rest.ts';
import type { Statement } from './condition-reasons.ts';
import type { DeadlineFacts } from './deadlines.ts';
import { quietSince } from './deadlines.ts';
import type { Outcome } from './outcome.ts';

/** A job without progress says so this soon. */
const STUCK_AFTER_MS = 30_000;

export type Progressing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'yes' }
  /** The workers had met, and those that are left wait for others. */
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'no'; readonly step?: number | undefined };

type Quiet = Pick<DeadlineFacts, 'advancedAt' | 'startedAt' | 'step'>;

export function progressingOf(facts: Quiet, now: Date): Progressing {
  if (now > stuckAt(facts)) return { kind: 'no', step: facts.step };
  return facts.step === undefined || facts.step === 0 ? { kind: 'unknown' } : { kind: 'yes' };
}

/** When the condition turns False at the next look if nothing is heard. */
export function stuckAt(facts: Quiet): Date {
  return new Date(quietSince(facts).getTime() + STUCK_AFTER_MS);
}

/** The condition `Progressing`. */
export function progressing(outcome: Outcome, steps: Progressing): Statement {
  const type = 'Progressing';
  switch (outcome.kind) {
    case 'active':
      return ofSteps(steps);
    case 'suspended':
    case 'stopping':
    case 'succeeded':
    case 'failed':
      return { type, ...atRest(outcome.kind) };
  }
}

function ofSteps(steps: Progressing): Statement {
  const type = 'Progressing';
  switch (steps.kind) {
    case 'unknown':
      return { type, status: 'Unknown', reason: 'NotStarted', message: 'no step was confirmed yet' };
    case 'yes':
      return { type, status: 'True', reason: 'StepsConfirmed', message: 'steps are confirmed' };
    case 'waiting':
      return { type, status: 'False', reason: 'WaitingForWorkers', message: steps.message };
    case 'no': {
      const forText = `for more than ${STUCK_AFTER_MS / 1000} s`;
      return steps.step === undefined
        ? { type, status: 'False', reason: 'NoReport', message: `rank 0 has not reported ${forText}` }
        : { type, status: 'False', reason: 'NoStep', message: `no step after step ${steps.step} ${forText}` };
    }
  }
}
