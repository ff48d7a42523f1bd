import { describe, expect, jest, test } from '@jest/globals';
import { leastDisturbed, watchStolenTime } from './stolen-time.ts';

const stat = (user: number, idle: number, stolen: number): string =>
  `cpu  ${user} 5 10 ${idle} 1 0 2 ${stolen} 7 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n`;

describe('the share of time that the host took', () => {
  test('is that of what passed since, on all cores', () => {
    const reads = [stat(100, 1000, 50), stat(160, 1020, 70)];
    expect(watchStolenTime(() => reads.shift() ?? '')()).toBe(0.2);
  });

  test('is 0 where the kernel says nothing', () => {
    expect(watchStolenTime(() => '')()).toBe(0);
  });
});

describe('the least disturbed measurement', () => {
  const shares = (...list: number[]) => {
    return () => () => list.shift() ?? 1;
  };

  test('is the first where the host took little', async () => {
    const measure = jest.fn(() => Promise.resolve('first'));
    expect(await leastDisturbed('cell', measure, shares(0.04))).toEqual({ value: 'first', stolen: 0.04 });
    expect(measure).toHaveBeenCalledTimes(1);
  });

  test('is the one of three with the smallest share otherwise, whatever was measured', async () => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const values = [3, 9, 1];
    const measure = (): Promise<number> => Promise.resolve(values.shift() ?? 0);
    expect(await leastDisturbed('cell', measure, shares(0.5, 0.2, 0.3))).toEqual({ value: 9, stolen: 0.2 });
    expect(said.mock.calls.flat()[0]).toBe("cell: the host took 50 % of the cores' time (try 1 of 3)");
    said.mockRestore();
  });
});
