import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { limited } from './limited.ts';

test('no more than the limit is under way, and all is done in order of its begin', async () => {
  let under = 0;
  let most = 0;
  const begun: number[] = [];
  await limited([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    begun.push(item);
    under += 1;
    most = Math.max(most, under);
    await setImmediate();
    under -= 1;
  });
  expect(most).toBe(3);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('after a failure nothing more is begun, and what is under way is waited for', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const outcome = limited([0, 1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    await setImmediate();
    if (item === 0) throw new Error('refused');
    ended.push(item);
  });
  await expect(outcome).rejects.toThrow('refused');
  expect(begun).toEqual([0, 1]);
  expect(ended).toEqual([1]);
});

test('no item is no work', async () => {
  await expect(limited([], 4, () => Promise.reject(new Error('never called')))).resolves.toBeUndefined();
});
