import type { Outcome } from './outcome.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';
import { isLive } from './worker-child.ts';

/** After success the others end by themselves within moments, and leave their figures; then they are stopped. */
export const FINISHING_MS = 10_000;

export interface Cleanup {
  readonly stop: readonly WorkerIdentity[];
  /** When a live worker that is still allowed to finish will be stopped. */
  readonly nextLookAt?: Date;
}

/** The workers that the outcome leaves nothing to do. `endedAt` is when the job became terminal. */
export function cleanup(
  outcome: Outcome,
  children: readonly WorkerChild[],
  endedAt: Date | undefined,
  now: Date,
): Cleanup {
  const live = children.filter(isLive).map(({ rank, attempt }) => ({ rank, attempt }));
  switch (outcome.kind) {
    case 'active':
    case 'undecided':
      return { stop: [] };
    case 'stopping':
    case 'failed':
      return { stop: live };
    case 'succeeded': {
      const until = new Date((endedAt ?? now).getTime() + FINISHING_MS);
      if (now >= until) return { stop: live };
      return live.length === 0 ? { stop: [] } : { stop: [], nextLookAt: until };
    }
  }
}
