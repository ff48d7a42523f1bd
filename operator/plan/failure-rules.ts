import { ExitCode } from '../../crds/exit-codes.ts';
import type { FailureRule } from '../../crds/policies.ts';
import type { End } from './ends.ts';
import { isGivenUp } from './ends.ts';

/** What the end of a worker means for the job. */
export type Verdict =
  | { readonly kind: 'failJob'; readonly rule?: FailureRule }
  | { readonly kind: 'restartAll'; readonly rule: FailureRule }
  /** Replaced, and counted towards `backoffLimit`. */
  | { readonly kind: 'count'; readonly delayed: boolean }
  /** Replaced for free. */
  | { readonly kind: 'ignore'; readonly delayed: boolean }
  /** Somebody asked it to stop. Free, and at once where a drain explains it, which tells all workers through the first. */
  | { readonly kind: 'asked' }
  /** It lost a peer: free if something happened to a peer, counted otherwise. */
  | { readonly kind: 'consequence' };

/** Reasons of workers that failed because another did, whatever their exit code. */
const consequenceReasons: ReadonlySet<string> = new Set(['PeerLost', 'PeerFault', 'PeerFailed']);

/** What an exit code means without a rule. Every code that is not here is counted. */
const defaults: ReadonlyMap<number | undefined, Verdict> = new Map([
  [ExitCode.badConfiguration, { kind: 'failJob' }],
  [ExitCode.badData, { kind: 'failJob' }],
  [ExitCode.programFailed, { kind: 'failJob' }],
  [ExitCode.peerLost, { kind: 'consequence' }],
  [ExitCode.stopped, { kind: 'asked' }],
  // The newest attempt should never find a newer one: if it does, do not spin.
  [ExitCode.fenced, { kind: 'ignore', delayed: true }],
]);

/**
 * The first matching rule decides. Without one: disruptions and deletions are free and never delay (they say nothing
 * about the program), the loss of a peer is a consequence, then the exit code speaks.
 */
export function verdictOf(end: End, rules: readonly FailureRule[]): Verdict {
  // Nothing of it has ended that a rule could match; delayed, so that a suspicion that comes again and again does not spin.
  if (isGivenUp(end)) return { kind: 'ignore', delayed: true };
  const rule = rules.find((one) => matches(one, end));
  if (rule !== undefined) return verdictOfRule(rule);
  const { child } = end;
  if (end.kind === 'lost' || child === undefined || child.disrupted)
    return { kind: 'ignore', delayed: false };
  if (consequenceReasons.has(child.message?.reason ?? '')) return { kind: 'consequence' };
  return defaults.get(child.exitCode) ?? { kind: 'count', delayed: true };
}

function verdictOfRule(rule: FailureRule): Verdict {
  switch (rule.action) {
    case 'ignore':
      return { kind: 'ignore', delayed: true };
    case 'count':
      return { kind: 'count', delayed: true };
    case 'restartWorker':
      return { kind: 'count', delayed: false };
    case 'restartAll':
      return { kind: 'restartAll', rule };
    case 'failJob':
      return { kind: 'failJob', rule };
  }
}

function matches({ exitCodes, podCondition }: FailureRule, { kind, child }: End): boolean {
  if (podCondition !== undefined) return child?.conditions.includes(podCondition) ?? false;
  const exitCode = kind === 'failed' ? child?.exitCode : undefined;
  return exitCode !== undefined && (exitCodes?.includes(exitCode) ?? false);
}
