import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from './fault.ts';
import { aroundWrite } from './around-write.ts';
import { LEASE, LEADER_STEP_LIMIT_MS, STEPS_WITH_WORK, withStandby } from './leadership.ts';
import { refuse } from './plans-of-answers.ts';
import type { Random } from './random.ts';
import { oneOf } from './random.ts';

/** The lease itself: C8. */
export const leases: readonly Plan[] = [
  ...[`create ${LEASE}`, `replace ${LEASE}`].flatMap((place) =>
    aroundWrite.map(({ fault, make }) => ({
      id: 'C8',
      fault,
      place,
      stepLimitMs: LEADER_STEP_LIMIT_MS,
      // One operator, but with an election.
      make: () => withStandby(make(place), 'none'),
    })),
  ),
  {
    id: 'C8',
    fault: 'renewal refused with 500 for 6 s, less than the deadline',
    place: `replace ${LEASE}`,
    stepLimitMs: LEADER_STEP_LIMIT_MS,
    make: () => {
      let sinceMs: number | undefined;
      return withStandby({
        treat: (trial, { verb, plural }) => {
          if (verb !== 'replace' || plural !== 'leases') return undefined;
          trial.met();
          sinceMs ??= performance.now();
          return performance.now() - sinceMs < 6_000 ? refuse(500, 'InternalError') : undefined;
        },
        // The fault takes its time.
        afterAct: async (_trial, { name }) => void (name === 'running' && (await pause(7_000))),
      });
    },
  },
  {
    id: 'C8',
    fault: 'lease deleted by somebody',
    place: 'drawn by the seed',
    stepLimitMs: LEADER_STEP_LIMIT_MS,
    make: (random: Random) => {
      const step = oneOf(STEPS_WITH_WORK, random);
      return withStandby({
        beforeStep: async ({ client, operatorNamespace, met }, { name }) => {
          if (name !== step) return;
          met();
          const path = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/terngrad-operator`;
          await client.delete(path);
        },
        // Long enough for both to find out.
        afterAct: async (_trial, { name }) => void (name === step && (await pause(4_000))),
      });
    },
  },
];
