import { describe, expect, test } from '@jest/globals';
import { Pace } from './pace.ts';

function paceOf(steps: number, ...computeMs: readonly number[]): Pace {
  const pace = new Pace();
  for (let step = 0; step < steps; step++) pace.add(computeMs.map((ms, rank) => ({ rank, computeMs: ms })));
  return pace;
}

describe('the pace of the members', () => {
  test('names who is slow, by how much', () => {
    expect(paceOf(10, 50, 160, 48, 52).stragglers(2)).toEqual([{ rank: 1, slowdown: 3.2 }]);
  });

  test('of two, the slower one is compared with the other', () => {
    expect(paceOf(10, 40, 100).stragglers(2)).toEqual([{ rank: 1, slowdown: 2.5 }]);
  });

  test('equal members, a single one, and too few steps give none', () => {
    expect(paceOf(40, 50, 51, 49).stragglers(1.5)).toEqual([]);
    expect(paceOf(40, 50).stragglers(1.5)).toEqual([]);
    expect(paceOf(7, 50, 500).stragglers(1.5)).toEqual([]);
  });

  test('a pause of a few steps does not make a straggler', () => {
    const pace = paceOf(32, 50, 50);
    for (let step = 0; step < 10; step++) {
      pace.add([
        { rank: 0, computeMs: 50 },
        { rank: 1, computeMs: 5000 },
      ]);
    }
    expect(pace.stragglers(1.5)).toEqual([]);
  });

  test('who has become fast again is none any more, and nothing is known after a restart', () => {
    const pace = paceOf(32, 50, 200);
    for (let step = 0; step < 32; step++) {
      pace.add([
        { rank: 0, computeMs: 50 },
        { rank: 1, computeMs: 55 },
      ]);
    }
    expect(pace.stragglers(1.5)).toEqual([]);
    const slow = paceOf(32, 50, 200);
    slow.restart();
    expect(slow.stragglers(1.5)).toEqual([]);
  });

  test('a member without examples in a step has no time for it', () => {
    const pace = paceOf(10, 50, 60);
    for (let step = 0; step < 32; step++) {
      pace.add([
        { rank: 0, computeMs: 50 },
        { rank: 1, computeMs: undefined },
      ]);
    }
    expect(pace.stragglers(1.1)).toEqual([{ rank: 1, slowdown: 1.2 }]);
  });
});
