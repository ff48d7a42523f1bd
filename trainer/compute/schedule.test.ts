import { describe, expect, test } from '@jest/globals';
import { learningRate } from './schedule.ts';

type Schedule = Parameters<typeof learningRate>[0];

const TOTAL = 100;

function schedule(overrides: Partial<Schedule>): Schedule {
  return {
    initial: 0.1,
    schedule: 'constant',
    final: 0,
    power: 0.5,
    decayRate: 0.1,
    boundaries: [],
    warmupSteps: 0,
    ...overrides,
  };
}

describe('the learning rate', () => {
  test.each<[string, Partial<Schedule>, [step: number, rate: number][]]>([
    [
      'constant',
      {},
      [
        [0, 0.1],
        [99, 0.1],
      ],
    ],
    [
      'polynomial, square root to 0 (the paper`s LeNet runs)',
      { schedule: 'polynomial' },
      [
        [0, 0.1],
        [75, 0.1 * 0.5],
        [99, 0.1 * 0.1],
        [100, 0],
        [150, 0],
      ],
    ],
    [
      'polynomial, linear to a final rate within decaySteps',
      { schedule: 'polynomial', power: 1, final: 0.02, decaySteps: 10 },
      [
        [0, 0.1],
        [5, 0.06],
        [10, 0.02],
        [99, 0.02],
      ],
    ],
    [
      'exponential over the job',
      { schedule: 'exponential' },
      [
        [0, 0.1],
        [50, 0.1 * Math.sqrt(0.1)],
        [100, 0.01],
      ],
    ],
    [
      'exponential per decaySteps',
      { schedule: 'exponential', decayRate: 0.5, decaySteps: 10 },
      [
        [0, 0.1],
        [10, 0.05],
        [30, 0.0125],
      ],
    ],
    [
      'step',
      { schedule: 'step', boundaries: [10, 20] },
      [
        [0, 0.1],
        [9, 0.1],
        [10, 0.01],
        [19, 0.01],
        [20, 0.001],
        [99, 0.001],
      ],
    ],
    [
      'cosine',
      { schedule: 'cosine' },
      [
        [0, 0.1],
        [50, 0.05],
        [100, 0],
      ],
    ],
    [
      'cosine to a final rate',
      { schedule: 'cosine', final: 0.02 },
      [
        [0, 0.1],
        [50, 0.06],
        [100, 0.02],
        [200, 0.02],
      ],
    ],
    [
      'warm-up, then the schedule over the rest',
      { schedule: 'polynomial', power: 1, warmupSteps: 20 },
      [
        [0, 0.005],
        [9, 0.05],
        [19, 0.1],
        [20, 0.1],
        [60, 0.05],
        [100, 0],
      ],
    ],
    [
      'boundaries count the warm-up',
      { schedule: 'step', boundaries: [30], warmupSteps: 20 },
      [
        [19, 0.1],
        [29, 0.1],
        [30, 0.01],
      ],
    ],
    [
      'warm-up as long as the job',
      { warmupSteps: 100, schedule: 'cosine' },
      [
        [99, 0.1],
        [100, 0.1],
      ],
    ],
  ])('%s', (_name, overrides, points) => {
    for (const [step, rate] of points) {
      expect(learningRate(schedule(overrides), step, TOTAL)).toBeCloseTo(rate, 12);
    }
  });

  test.each<Schedule['schedule']>(['polynomial', 'exponential', 'step', 'cosine'])(
    '%s never rises',
    (name) => {
      const falling = schedule({ schedule: name, boundaries: [20, 60] });
      let last = Infinity;
      for (let step = 0; step <= TOTAL; step++) {
        const rate = learningRate(falling, step, TOTAL);
        expect(rate).toBeLessThanOrEqual(last);
        expect(rate).toBeGreaterThanOrEqual(0);
        last = rate;
      }
    },
  );
});
