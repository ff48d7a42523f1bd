import { eventually } from './eventually.ts';
import type { Fault, Trial } from './fault.ts';
import type { Seat } from './seat.ts';

export const LEASE = 'Lease terngrad-operator';
/** A lease runs out after 15 s; then the other takes it within its retry. */
export const TAKEN_OVER_WITHIN_MS = 60_000;
/** Of lives in which leadership changes. */
export const LEADER_STEP_LIMIT_MS = 120_000;
/** Steps before which much is left to do. */
export const STEPS_WITH_WORK = [
  'worker lost',
  'rank 0 lost',
  'suspended',
  'resumed',
  'running again',
] as const;

/** Only who leads or takes over writes the lease. */
function leaseAtMs({ proxy }: Seat): number {
  return Math.max(proxy.lastSeenAtMs(`create ${LEASE}`), proxy.lastSeenAtMs(`replace ${LEASE}`));
}

/** Who leads at this moment, and who does not. */
export function rolesOf({ seats: [first, second] }: Trial): {
  readonly leader: Seat;
  readonly standby: Seat;
} {
  if (first === undefined || second === undefined) throw new Error('this fault needs two operators');
  return leaseAtMs(first) >= leaseAtMs(second)
    ? { leader: first, standby: second }
    : { leader: second, standby: first };
}

/** With an election. The second operator comes when the first one leads, or never. */
export function withStandby(
  { beforeStep, ...fault }: Omit<Fault, 'operators'>,
  standby: 'one' | 'none' = 'one',
): Fault {
  return {
    ...fault,
    operators: 2,
    beforeStep: async (trial, step) => {
      if (step.name === 'running' && standby === 'one') trial.seats[1]?.start();
      await beforeStep?.(trial, step);
    },
  };
}

export async function takesOver(seat: Seat): Promise<void> {
  const sinceMs = performance.now();
  const findFault = (): string | undefined => (leaseAtMs(seat) > sinceMs ? undefined : 'it stands by');
  await eventually('the other takes over', findFault, TAKEN_OVER_WITHIN_MS);
}
