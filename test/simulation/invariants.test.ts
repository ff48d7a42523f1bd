import { describe, expect, test } from '@jest/globals';
import { PHASES } from './schedule.ts';
import type { Action, Schedule } from './schedule.ts';
import { simulate, undisturbedHash } from './simulation.ts';

const REPLICAS = 3;

async function withoutOperator(faults: Schedule['faults']): Promise<void> {
  const schedule = { replicas: REPLICAS, isWithoutOperator: true, faults };
  const { violations, finalHash } = await simulate(schedule, 1);
  expect(violations).toEqual([]);
  expect(finalHash).toBe(await undisturbedHash({ replicas: REPLICAS }));
}

describe('operator absence never stops training', () => {
  test('of a job without faults', () => withoutOperator([]));

  test.each<Action>([
    { kind: 'cut', peer: 0 },
    { kind: 'block', peer: 2, forMs: 6_000 },
    { kind: 'turn a bit', peer: 2, bit: 77 },
    { kind: 'lose', peer: 0 },
    { kind: 'stop', forMs: 1_500 },
    { kind: 'flip a weight', bit: 30 },
  ])('nor its recovery from what needs no new process: $kind', async (action) => {
    for (const phase of PHASES) await withoutOperator([{ rank: 1, step: 3, phase, action }]);
  });
});

test('who stays below the number of workers says whom it waits for, and ends', async () => {
  const schedule = {
    replicas: REPLICAS,
    isWithoutOperator: true,
    faults: [{ rank: 1, step: 3, phase: 'push', action: { kind: 'freeze' } }],
  } as const;
  const { trace } = await simulate(schedule, 1);
  const ends = trace.filter((line) => line.includes('rank 0 attempt 1: ends with 69'));
  expect(ends.join()).toMatch(/lost rank 1 in formation after 60000 ms/);
});
