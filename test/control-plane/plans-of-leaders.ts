import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import type { Plan } from './fault.ts';
import { holding } from './held-events.ts';
import {
  LEASE,
  LEADER_STEP_LIMIT_MS,
  rolesOf,
  STEPS_WITH_WORK,
  TAKEN_OVER_WITHIN_MS,
  takesOver,
  withStandby,
} from './leadership.ts';
import type { Seat } from './seat.ts';

/** An operator without the lease writes nothing; what it tells of the time when it led decides nothing. */
function expectNothingSince(count: number, { proxy }: Seat): void {
  const since = proxy.writes
    .slice(count)
    .filter((place) => !place.includes(LEASE) && !place.startsWith('Event'));
  if (since.length > 0) throw new Error(`it wrote though it does not lead: ${since.join(', ')}`);
}

/** Whoever has lost the lease ends, to be started anew. */
async function expectToEnd({ exitCodes }: Seat, endsBefore: number): Promise<void> {
  const findFault = (): string | undefined => (exitCodes.length > endsBefore ? undefined : 'it goes on');
  await eventually('who has lost the lease ends', findFault, TAKEN_OVER_WITHIN_MS);
  if (exitCodes[endsBefore] !== 1) throw new Error(`it ended with ${exitCodes[endsBefore]} instead of 1`);
}

const frozen: readonly Plan[] = STEPS_WITH_WORK.map((step) => ({
  id: 'C8',
  fault: 'leader frozen past its lease, then thawed beside the new one',
  place: `before "${step}"`,
  stepLimitMs: LEADER_STEP_LIMIT_MS,
  make: () => {
    let frozenOne: Seat | undefined;
    return withStandby({
      beforeStep: async (trial, { name }) => {
        if (name !== step) return;
        const { leader, standby } = rolesOf(trial);
        frozenOne = leader;
        leader.signal('SIGSTOP');
        await takesOver(standby);
      },
      afterAct: async (trial, { name }) => {
        if (name !== step || frozenOne === undefined) return;
        const count = frozenOne.proxy.writes.length;
        const ends = frozenOne.exitCodes.length;
        frozenOne.signal('SIGCONT');
        await expectToEnd(frozenOne, ends);
        expectNothingSince(count, frozenOne);
        trial.met();
      },
    });
  },
}));

const inFlight: readonly Plan[] = [
  'create Pod example-worker-1-2',
  'status Restarting',
  'apply Service example-coordinator',
  'delete Pod example-worker-0-2',
].map((written) => ({
  id: 'C8',
  fault: 'leader frozen in the middle of a write, which arrives after the new leader has done it',
  place: written,
  stepLimitMs: LEADER_STEP_LIMIT_MS,
  make: () => {
    let isUsed = false;
    return withStandby({
      treat: (trial, _call, place) => {
        if (place !== written || isUsed) return undefined;
        isUsed = true;
        return async (passage) => {
          const { leader, standby } = rolesOf(trial);
          leader.signal('SIGSTOP');
          await takesOver(standby);
          const isWritten = (): boolean => standby.proxy.writes.includes(written);
          const findFault = (): string | undefined => (isWritten() ? undefined : 'not yet');
          await eventually('the other writes it', findFault, TAKEN_OVER_WITHIN_MS);
          await passage.forward();
          trial.met();
          leader.signal('SIGCONT');
          passage.reset();
        };
      },
    });
  },
}));

const apart: readonly Plan[] = STEPS_WITH_WORK.slice(0, 3).map((step) => ({
  id: 'C8',
  fault: 'leader alone cut off from the API server',
  place: `before "${step}"`,
  stepLimitMs: LEADER_STEP_LIMIT_MS,
  make: () => {
    let cutOff: Seat | undefined;
    return withStandby({
      treat: (_trial, _call, _place, seat) =>
        seat === cutOff ? (passage) => Promise.resolve(passage.reset()) : undefined,
      beforeStep: async (trial, { name }) => {
        if (name !== step) return;
        const { leader, standby } = rolesOf(trial);
        const ends = leader.exitCodes.length;
        cutOff = leader;
        await takesOver(standby);
        await expectToEnd(leader, ends);
        cutOff = undefined;
        trial.met();
      },
    });
  },
}));

/** The standby's watches lag when it takes over, all or only some of them. */
const lagging: readonly Plan[] = (
  [
    ['Pods', ['pods']],
    ['TernGradJobs', ['terngradjobs']],
    ['all kinds', ['pods', 'terngradjobs', 'services', 'networkpolicies']],
  ] as const
).flatMap(([kinds, plurals]) =>
  (
    [
      ['worker lost', 'rank 0 lost'],
      ['rank 0 lost', 'suspended'],
      ['suspended', 'resumed'],
    ] as const
  ).map(([from, killedBefore]) => ({
    id: 'C8',
    fault: `leader killed before "${killedBefore}", the new one has heard nothing since "${from}"`,
    place: `watch of ${kinds}`,
    stepLimitMs: LEADER_STEP_LIMIT_MS,
    mayRepeatEvents: true,
    make: () => {
      let deaf: Seat | undefined;
      let untilMs = Infinity;
      const lagOf = (seat: Seat): number => (seat === deaf ? untilMs : 0);
      return withStandby({
        treat: (trial, { verb, plural }, _place, seat) => {
          if (verb !== 'watch' || !(plurals as readonly string[]).includes(plural)) return undefined;
          return (passage) =>
            passage.stream(
              holding(
                () => lagOf(seat),
                false,
                () => trial.met(),
              ),
            );
        },
        beforeStep: async (trial, { name }) => {
          const { leader, standby } = rolesOf(trial);
          if (name === from) deaf = standby;
          if (name !== killedBefore) return;
          if (deaf === undefined || deaf === leader) throw new Error('the roles have changed meanwhile');
          await leader.kill();
          await takesOver(deaf);
          // Long enough for it to act on what it knows.
          await pause(1_500);
          untilMs = 0;
          leader.start();
        },
      });
    },
  })),
);

export const leaders: readonly Plan[] = [...frozen, ...inFlight, ...apart, ...lagging];
