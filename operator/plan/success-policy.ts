import type { SuccessPolicy } from '../../crds/policies.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

/**
 * Whether the job is done.
 * `rank0` is enough by default: rank 0 exits 0 only after every member confirmed the final weights. Where it did not
 * live to do so, `completion.ts` decides.
 * `all` and `minimum` also wait for others, for programs that write something of their own at the end.
 */
export function hasSucceeded({ when, count }: SuccessPolicy, ranks: readonly Rank[]): boolean {
  const wanted = ranks.filter((rank) => rank.wanted);
  const succeeded = wanted.filter((rank) => stateOf(rank) === 'succeeded');
  switch (when) {
    case 'rank0':
      return succeeded.some(({ rank }) => rank === 0);
    case 'all':
      return succeeded.length === wanted.length;
    case 'minimum':
      return succeeded.length >= (count ?? wanted.length);
  }
}
