import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Action, Fault, Phase, Schedule } from './schedule.ts';
import { describeSchedule, PHASES, STEPS } from './schedule.ts';
import { simulate, undisturbedHash } from './simulation.ts';

/** Replayed by the seed that a failure prints: CHAOS_SEED=... npm test -- test/simulation/random. */
const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const runs = Number(process.env['CHAOS_RUNS'] ?? 120);

function actions(rank: number, replicas: number): fc.Arbitrary<Action> {
  const peer = fc.integer({ min: 0, max: replicas - 2 }).map((other) => (other < rank ? other : other + 1));
  const forMs = fc.integer({ min: 1, max: 9_000 });
  const record = <Kind extends Action['kind'], Fields extends object>(
    kind: Kind,
    fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
  ) => fc.record({ kind: fc.constant(kind), ...fields });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant<Action>({ kind: 'kill' }) },
    fc.constant<Action>({ kind: 'ask to leave' }),
    fc.constant<Action>({ kind: 'freeze' }),
    fc.constant<Action>({ kind: 'kill all' }),
    record('stop', { forMs }),
    record('cut', { peer }),
    record('block', { peer, forMs }),
    record('slow', { peer, extraMs: fc.integer({ min: 1, max: 800 }), forMs }),
    record('turn a bit', { peer, bit: fc.nat(4000) }),
    record('send twice', { peer }),
    record('lose', { peer }),
    record('replay', { peer }),
    record('flip a weight', { bit: fc.nat(7999) }),
  ) as fc.Arbitrary<Action>;
}

function faults(replicas: number): fc.Arbitrary<Fault> {
  const phases: readonly Phase[] = [...PHASES, 'forming', 'copying'];
  return fc
    .integer({ min: 0, max: replicas - 1 })
    .chain((rank) =>
      fc.record({
        rank: fc.constant(rank),
        step: fc.integer({ min: 0, max: STEPS - 1 }),
        phase: fc.constantFrom(...phases),
        fromAttempt: fc.integer({ min: 1, max: 2 }),
        action: actions(rank, replicas),
      }),
    )
    .filter(({ phase, action }) => action.kind !== 'flip a weight' || !isBeforeGradient(phase));
}

/** A bit that flips before the weights are read gives the gradient of another model, which nothing can tell from a right one. */
function isBeforeGradient(phase: Phase): boolean {
  return phase === 'forming' || phase === 'copying';
}

const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    replicas: fc.integer({ min: 2, max: 4 }),
    hasVolume: fc.boolean(),
    isElastic: fc.boolean(),
    ahead: fc.boolean(),
  })
  .chain(({ replicas, hasVolume, isElastic, ahead }) =>
    fc.array(faults(replicas), { minLength: 1, maxLength: 4 }).map((drawn) => ({
      replicas,
      faults: drawn,
      ahead,
      ...(hasVolume && { checkpointEverySteps: 2 }),
      ...(isElastic && { elastic: { minReplicas: 2, maxReplicas: 4, graceSeconds: 1 } }),
    })),
  );

test(`random schedules end with the state of the undisturbed run, and break no invariant (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(schedules, fc.nat(1000), async (schedule, delays) => {
      const { violations, finalHash, trace } = await simulate(schedule, delays);
      const isRight = schedule.elastic !== undefined || finalHash === (await undisturbedHash(schedule));
      const wrong = [...violations, ...(isRight ? [] : [`hash ${finalHash}`])];
      if (wrong.length > 0)
        throw new Error([describeSchedule(schedule), ...wrong, ...trace.slice(-80)].join('\n'));
    }),
    { seed, numRuns: runs, interruptAfterTimeLimit: 100_000 },
  );
  expect(runs).toBeGreaterThan(0);
}, 120_000);
