import type { SuccessPolicy } from '../../crds/policies.ts';
import type { FailureCause } from '../../crds/status.ts';
import { workersText } from './blocked.ts';
import { codeOf } from './failure-cause.ts';
import type { Rank } from './ranks.ts';
import { isStaffed, stateOf } from './ranks.ts';

/** Rank 0 has this long after the first worker that ended well; then it is not waited for any more. */
export const RANK0_ENDS_WITHIN_MS = 60_000;

/** The training is complete. Nobody trains again, whatever happens to a worker from here on. */
export interface Completion {
  /** Workers whose own end is still waited for. */
  readonly waitsFor: readonly number[];
  /** When the wait ends by itself. */
  readonly until?: Date;
}

/**
 * A worker ends with 0 only after all members agreed on the final weights: one such end proves that the training is
 * complete, even if another worker, rank 0 included, dies in the moment between the agreement and its own end.
 */
export function completionOf(
  { when }: SuccessPolicy,
  ranks: readonly Rank[],
  now: Date,
): Completion | undefined {
  const proofs = ranks.filter((rank) => stateOf(rank) === 'succeeded');
  if (proofs.length === 0) return undefined;
  const others = ranks.filter((rank) => rank.wanted && isStaffed(rank));
  if (when !== 'rank0') return { waitsFor: others.map(({ rank }) => rank) };
  const times = proofs.flatMap(({ child }) => (child?.finishedAt === undefined ? [] : [child.finishedAt]));
  // Of a proof whose object is gone it is only known that it is past.
  const provedAt = new Date(Math.min(...times.map(Number), now.getTime()));
  const until = new Date(times.length === 0 ? 0 : provedAt.getTime() + RANK0_ENDS_WITHIN_MS);
  const isAwaited = now < until && others.some(({ rank, child }) => rank === 0 && isOlder(child, provedAt));
  return isAwaited ? { waitsFor: [0], until } : { waitsFor: [] };
}

/** What was made after the proof is a replacement that nobody will train with. */
function isOlder(child: Rank['child'], provedAt: Date): boolean {
  return child !== undefined && child.createdAt < provedAt;
}

/** Why a complete training is no success: the policy asks for more workers that ended well than there are. */
export function unmetPolicy({ when, count }: SuccessPolicy, ranks: readonly Rank[]): FailureCause {
  const wanted = ranks.filter((rank) => rank.wanted);
  const missing = wanted.filter((rank) => stateOf(rank) !== 'succeeded');
  const asked = when === 'all' ? 'all workers' : `${count ?? wanted.length} workers`;
  const [first] = missing;
  return {
    ...(first !== undefined && { rank: first.rank }),
    ...(first !== undefined && first.lastAttempt > 0 && { attempt: first.lastAttempt }),
    exitCode: codeOf(first?.child?.exitCode),
    reason: 'SuccessPolicyUnmet',
    message: `the training is complete and is not done again, but successPolicy wants that ${asked} end well, and ${workersText(missing.map(({ rank }) => rank))} did not; take "when: rank0" if the weights are all you need`,
  };
}
