import { describe, expect, test } from '@jest/globals';
import { Wakeup } from './wakeup.ts';

describe('a wakeup', () => {
  test('a ring before the wait is not lost', async () => {
    const wakeup = new Wakeup();
    wakeup.ring();
    await expect(wakeup.wait(undefined)).resolves.toBeUndefined();
  });

  test('several rings are one', async () => {
    const wakeup = new Wakeup();
    wakeup.ring();
    wakeup.ring();
    await wakeup.wait(undefined);
    const second = wakeup.wait(20).then(() => 'timed out');
    await expect(second).resolves.toBe('timed out');
  });

  test('a ring ends a wait that has begun', async () => {
    const wakeup = new Wakeup();
    const waiting = wakeup.wait(undefined);
    wakeup.ring();
    await expect(waiting).resolves.toBeUndefined();
  });
});
