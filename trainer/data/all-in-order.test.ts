import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { allInOrder } from './all-in-order.ts';

async function fails(afterMs: number, message: string): Promise<never> {
  await pause(afterMs);
  throw new Error(message);
}

test('gives all values', async () => {
  expect(await allInOrder([pause(5, 'one'), 2])).toEqual(['one', 2]);
});

test('fails with the first in order, whichever fails first', async () => {
  await expect(allInOrder([fails(20, 'first'), fails(0, 'second')])).rejects.toThrow('first');
  await expect(allInOrder([pause(20), fails(0, 'second')])).rejects.toThrow('second');
});
