import type { JoinRequest } from '../wire/messages.ts';
import { NoStateError, ReplicaMismatchError } from './errors.ts';
import { minorityOf } from './combine.ts';

/** The state that a generation starts from, and a rank that has it. */
export interface StartingState {
  readonly step: number;
  readonly stateHash: string;
  readonly source: number;
}

/**
 * The most advanced state that the members bring. A step is applied only when every contribution to it has arrived, so
 * a later state is always a right continuation of an earlier one; and of states at the same step the majority's is right.
 *
 * @throws ReplicaMismatchError when members at the same step differ and none has a majority; NoStateError when no
 *   member has any state.
 */
export function mostAdvanced(
  requests: readonly Pick<JoinRequest, 'rank' | 'step' | 'stateHash'>[],
): StartingState {
  const whole = requests.filter(({ stateHash }) => stateHash !== '');
  const step = Math.max(...whole.map((request) => request.step));
  const leaders = whole.filter((request) => request.step === step);
  const hashes = leaders.map(({ rank, stateHash }) => ({ rank, hash: stateHash }));
  const minority = new Set(minorityOf(hashes));
  const [leader, ...others] = leaders.filter(({ rank }) => !minority.has(rank));
  if (leader === undefined) throw new NoStateError();
  const agree = others.every(({ stateHash }) => stateHash === leader.stateHash);
  if (!agree) throw new ReplicaMismatchError(step, hashes, []);
  return { step, stateHash: leader.stateHash, source: leader.rank };
}
