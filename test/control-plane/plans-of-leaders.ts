import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import type { Fault, Plan, Trial } from './fault.ts';
import { at } from './fault.ts';
import { holding } from './held-events.ts';
import { refuse } from './plans-of-answers.ts';
import type { Random } from './random.ts';
import { oneOf } from './random.ts';
import type { Seat } from './seat.ts';

const LEASE = 'Lease terngrad-operator';
/** A lease runs out after 15 s; then the other takes it within its retry. */
const TAKEN_OVER_WITHIN_MS = 60_000;
const STEP_LIMIT_MS = 120_000;
/** Steps before which much is left to do. */
const STEPS = ['worker lost', 'rank 0 lost', 'suspended', 'resumed', 'running again'] as const;

/** The first leads, the second stands by; the hooks of `fault` get both. */
function ofTwo(
  fault: (leader: Seat, standby: Seat, trial: Trial) => Pick<Fault, 'treat' | 'beforeStep' | 'afterAct'>,
): Fault {
  let made: ReturnType<typeof fault> | undefined;
  const of = (trial: Trial): ReturnType<typeof fault> => {
    const [leader, standby] = trial.seats;
    if (leader === undefined || standby === undefined) throw new Error('this fault needs two operators');
    made ??= fault(leader, standby, trial);
    return made;
  };
  return {
    operators: 2,
    treat: (trial, call, place, seat) =>
      trial.seats.length < 2 ? undefined : of(trial).treat?.(trial, call, place, seat),
    beforeStep: async (trial, step) => {
      if (step.name === 'running') trial.seats[1]?.start();
      await of(trial).beforeStep?.(trial, step);
    },
    afterAct: async (trial, step) => of(trial).afterAct?.(trial, step),
  };
}

function leads(seat: Seat): Promise<void> {
  const isLeading = (): boolean => seat.proxy.writes.some((place) => place.includes(LEASE));
  return eventually(
    'the other leads',
    () => (isLeading() ? undefined : 'it stands by'),
    TAKEN_OVER_WITHIN_MS,
  );
}

/** An operator without the lease writes nothing; what it tells of the time when it led decides nothing. */
function expectNothingSince(count: number, { proxy }: Seat): void {
  const since = proxy.writes.slice(count).filter((place) => !place.includes(LEASE) && !place.startsWith('Event'));
  if (since.length > 0) throw new Error(`it wrote though it does not lead: ${since.join(', ')}`);
}

async function expectToEnd({ exited }: Seat): Promise<void> {
  const code = await Promise.race([exited, pause(30_000, 'nothing' as const)]);
  if (code !== 1) throw new Error(`an operator that lost its lease ended with ${code} instead of 1`);
}

const frozen: readonly Plan[] = STEPS.map((step) => ({
  id: 'C8',
  fault: 'leader frozen past its lease, then thawed beside the new one',
  place: `before "${step}"`,
  stepLimitMs: STEP_LIMIT_MS,
  make: () =>
    ofTwo((leader, standby, trial) => ({
      beforeStep: async (_trial, { name }) => {
        if (name !== step) return;
        trial.met();
        leader.signal('SIGSTOP');
        await leads(standby);
      },
      afterAct: async (_trial, { name }) => {
        if (name !== step) return;
        const count = leader.proxy.writes.length;
        leader.signal('SIGCONT');
        await expectToEnd(leader);
        expectNothingSince(count, leader);
      },
    })),
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
  stepLimitMs: STEP_LIMIT_MS,
  make: () =>
    ofTwo((leader, standby, trial) => ({
      treat: (_trial, _call, place, seat) => {
        if (place !== written || seat !== leader) return undefined;
        return async (passage) => {
          trial.met();
          leader.signal('SIGSTOP');
          await leads(standby);
          await eventually(
            'the other writes it',
            () => (standby.proxy.writes.includes(written) ? undefined : 'not yet'),
            TAKEN_OVER_WITHIN_MS,
          );
          await passage.forward();
          leader.signal('SIGCONT');
          passage.reset();
        };
      },
    })),
}));

const apart: readonly Plan[] = STEPS.slice(0, 3).map((step) => ({
  id: 'C8',
  fault: 'leader alone cut off from the API server',
  place: `before "${step}"`,
  stepLimitMs: STEP_LIMIT_MS,
  make: () => {
    let isCut = false;
    return ofTwo((leader, standby, trial) => ({
      treat: (_trial, _call, _place, seat) =>
        isCut && seat === leader ? (passage) => Promise.resolve(passage.reset()) : undefined,
      beforeStep: async (_trial, { name }) => {
        if (name !== step) return;
        trial.met();
        isCut = true;
        await leads(standby);
        await expectToEnd(leader);
        isCut = false;
        leader.start();
      },
    }));
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
    stepLimitMs: STEP_LIMIT_MS,
    make: () => {
      let untilMs = 0;
      return ofTwo((leader, standby, trial) => ({
        treat: (_trial, { verb, plural }, _place, seat) => {
          if (seat !== standby || verb !== 'watch' || !(plurals as readonly string[]).includes(plural))
            return undefined;
          return (passage) =>
            passage.stream(
              holding(
                () => untilMs,
                false,
                () => trial.met(),
              ),
            );
        },
        beforeStep: async (_trial, { name }) => {
          if (name === from) untilMs = Infinity;
          if (name !== killedBefore) return;
          await leader.kill();
          await leads(standby);
          await pause(1_500);
          untilMs = 0;
          leader.start();
        },
      }));
    },
  })),
);

const leases: readonly Plan[] = [
  ...[`create ${LEASE}`, `replace ${LEASE}`].flatMap((place) => [
    {
      id: 'C8',
      fault: 'operator killed before it',
      place,
      stepLimitMs: STEP_LIMIT_MS,
      make: (): Fault => ({
        operators: 2,
        ...at(place, async (passage, seat) => {
          await seat.kill();
          passage.reset();
          seat.start();
        }),
      }),
    },
    {
      id: 'C8',
      fault: 'operator killed after it, before the reply',
      place,
      stepLimitMs: STEP_LIMIT_MS,
      make: (): Fault => ({
        operators: 2,
        ...at(place, async (passage, seat) => {
          await passage.forward();
          await seat.kill();
          passage.reset();
          seat.start();
        }),
      }),
    },
    {
      id: 'C8',
      fault: 'its reply lost, operator alive',
      place,
      stepLimitMs: STEP_LIMIT_MS,
      make: (): Fault => ({
        operators: 2,
        ...at(place, async (passage) => {
          await passage.forward();
          passage.reset();
        }),
      }),
    },
  ]),
  {
    id: 'C8',
    fault: 'renewal refused with 500 for 6 s, less than the deadline',
    place: `replace ${LEASE}`,
    stepLimitMs: STEP_LIMIT_MS,
    make: () => {
      let sinceMs: number | undefined;
      return ofTwo((_leader, _standby, trial) => ({
        treat: (_trial, { verb, plural }) => {
          if (verb !== 'replace' || plural !== 'leases') return undefined;
          trial.met();
          sinceMs ??= performance.now();
          return performance.now() - sinceMs < 6_000 ? refuse(500, 'InternalError') : undefined;
        },
        // The fault takes its time.
        afterAct: async (_trial, { name }) => void (name === 'running' && (await pause(7_000))),
      }));
    },
  },
  {
    id: 'C8',
    fault: 'lease deleted by somebody',
    place: 'drawn by the seed',
    stepLimitMs: STEP_LIMIT_MS,
    make: (random: Random) => {
      const step = oneOf(STEPS, random);
      return ofTwo((_leader, _standby, trial) => ({
        beforeStep: async ({ client, operatorNamespace }, { name }) => {
          if (name !== step) return;
          trial.met();
          const path = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/terngrad-operator`;
          await client.delete(path);
        },
        // Long enough for both to find out.
        afterAct: async (_trial, { name }) => void (name === step && (await pause(4_000))),
      }));
    },
  },
];

export const leaders: readonly Plan[] = [...frozen, ...inFlight, ...apart, ...lagging, ...leases];
