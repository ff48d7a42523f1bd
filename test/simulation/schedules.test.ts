import { afterAll, describe, expect, test } from '@jest/globals';
import { describeSchedule } from './schedule.ts';
import { GROUPS } from './schedules.ts';
import { simulate, undisturbedHash } from './simulation.ts';

/** Another seed gives other delays. A row is replayed by both: CHAOS_SEED=1 CHAOS_ONLY='kill at rank 0 step 3 push$'. */
const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const only = new RegExp(process.env['CHAOS_ONLY'] ?? '');

let simulated = 0;
afterAll(() => console.log(`seed ${seed}, ${simulated} schedules`));

describe.each(GROUPS)('$id: $about', ({ schedules }) => {
  test('every schedule ends with the state of the undisturbed run, and breaks no invariant', async () => {
    const wrong: string[] = [];
    for (const schedule of schedules) {
      const name = describeSchedule(schedule);
      if (!only.test(name)) continue;
      const { violations, finalHash, struck, trace } = await simulate(schedule, seed);
      simulated += 1;
      const faults: string[] = [...violations];
      if (struck < schedule.faults.length) faults.push('a fault never struck');
      const isFixed = schedule.elastic === undefined;
      if (isFixed && finalHash !== (await undisturbedHash(schedule.replicas)))
        faults.push(`hash ${finalHash}`);
      if (faults.length > 0) wrong.push([name, ...faults, ...trace.slice(-60)].join('\n  '));
    }
    expect(wrong.slice(0, 3).join('\n')).toBe('');
    expect(wrong).toHaveLength(0);
  }, 300_000);
});

test('there are at least 300 of them', () => {
  expect(GROUPS.flatMap(({ schedules }) => schedules).length).toBeGreaterThanOrEqual(300);
});
