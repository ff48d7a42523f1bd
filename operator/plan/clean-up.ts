import type { JobSpec } from '../../crds/job.ts';
import type { RankStatus } from '../../crds/status.ts';
import type { Outcome } from './outcome.ts';
import { isJudged } from './ranks.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';
import { identityOf, isLive, newestAttempts } from './worker-child.ts';

/** After success the others end by themselves within moments, and leave their figures; then they are stopped. */
export const FINISHING_MS = 10_000;

export interface CleanUp {
  readonly stop: readonly WorkerIdentity[];
  readonly remove: readonly WorkerIdentity[];
  /** When a live worker that is still allowed to finish will be stopped. */
  readonly nextLookAt?: Date;
}

export interface CleanUpFacts {
  readonly spec: Pick<JobSpec, 'cleanPodPolicy'>;
  readonly outcome: Outcome;
  readonly children: readonly WorkerChild[];
  /** As they were read back: only what is stored may be deleted. */
  readonly stored: readonly RankStatus[];
  /** When the job became terminal. */
  readonly endedAt: Date | undefined;
}

/** The workers that the outcome leaves nothing to do, and the ended ones of which nothing more is to be learnt. */
export function cleanUp(facts: CleanUpFacts, now: Date): CleanUp {
  const { spec, outcome, children } = facts;
  const live = children.filter(isLive).map(identityOf);
  switch (outcome.kind) {
    case 'active':
      return { stop: [], remove: history(facts) };
    case 'stopping':
      return { stop: live, remove: [] };
    case 'suspended':
      return { stop: live, remove: recorded(facts) };
    case 'failed':
    case 'succeeded': {
      const remove = spec.cleanPodPolicy === 'all' ? recorded(facts) : [];
      if (spec.cleanPodPolicy === 'none' || live.length === 0) return { stop: [], remove };
      const until = new Date((facts.endedAt ?? now).getTime() + FINISHING_MS);
      const mayFinish = outcome.kind === 'succeeded' && now < until;
      return mayFinish ? { stop: [], remove, nextLookAt: until } : { stop: live, remove };
    }
  }
}

/** Of each rank the last ended attempt stays, for its log; the ones before it go. */
function history(facts: CleanUpFacts): readonly WorkerIdentity[] {
  const ended = recorded(facts);
  const kept = newestAttempts(facts.children.filter((child) => !isLive(child)));
  return ended.filter(({ rank, attempt }) => kept.get(rank)?.attempt !== attempt);
}

/** Ended workers whose end is in the stored status: deleting them loses no count and no cause. */
function recorded({ children, stored, outcome }: CleanUpFacts): readonly WorkerIdentity[] {
  const records = new Map(stored.map((record) => [record.rank, record]));
  return children
    .filter((child) => !isLive(child) && !child.deleting)
    .filter((child) => {
      const record = records.get(child.rank);
      if (record === undefined) return false;
      if (record.attempt !== child.attempt) return record.attempt > child.attempt;
      if (record.uid !== child.uid) return false;
      const isOver = outcome.kind === 'succeeded' || outcome.kind === 'failed';
      return isJudged(record) || (isOver && record.state === 'failed');
    })
    .map(identityOf);
}
