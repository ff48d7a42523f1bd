import { expect, test } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { arrivalBytes, Arrivals } from './arrivals.ts';

const CHUNKS = 4;

function sharedArrivals(): { buffer: SharedArrayBuffer; arrivals: Arrivals } {
  const buffer = new SharedArrayBuffer(arrivalBytes(CHUNKS));
  return { buffer, arrivals: new Arrivals(buffer, 0, CHUNKS) };
}

test('sums are told in the order in which they came, of one step at a time', () => {
  const { arrivals } = sharedArrivals();
  arrivals.begin();
  for (const chunk of [2, 0, 3]) arrivals.add(chunk);
  expect(arrivals.wait(0)).toBe(3);
  expect([0, 1, 2].map((place) => arrivals.chunk(place))).toEqual([2, 0, 3]);
  arrivals.begin();
  arrivals.add(1);
  expect(arrivals.wait(0)).toBe(1);
  expect(arrivals.chunk(0)).toBe(1);
});

test('what had come before an interruption is told first', () => {
  const { arrivals } = sharedArrivals();
  arrivals.begin();
  arrivals.add(1);
  arrivals.interrupt();
  expect(arrivals.wait(0)).toBe(1);
  expect(arrivals.wait(1)).toBeUndefined();
  arrivals.begin();
  arrivals.add(0);
  expect(arrivals.wait(0)).toBe(1);
});

test.each([
  ['a sum', 'Atomics.store(words, 0, 1)', 1],
  ['an interruption', 'Atomics.store(words, 1, 1)', undefined],
])('%s wakes a thread that sleeps', async (_name, act, expected) => {
  const { buffer, arrivals } = sharedArrivals();
  arrivals.begin();
  const other = new Worker(
    `const words = new Int32Array(require('node:worker_threads').workerData);
     setTimeout(() => { ${act}; Atomics.notify(words, 0); }, 50);`,
    { eval: true, workerData: buffer },
  );
  expect(arrivals.wait(0)).toBe(expected);
  await other.terminate();
});
