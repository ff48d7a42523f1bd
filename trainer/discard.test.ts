import { expect, test } from '@jest/globals';
import { discard } from './discard.ts';

test('frees an array at once, without a garbage collection', () => {
  const megabytes = 1_000_000 / Float32Array.BYTES_PER_ELEMENT;
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 400; i++) {
    const array = new Float32Array(megabytes).fill(i);
    discard(array);
    expect(array).toHaveLength(0);
  }
  // 400 MB would be 400 without; a collection in between could only take from them.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});

test('leaves shared memory alone', () => {
  const shared = new Float32Array(new SharedArrayBuffer(8));
  discard(shared);
  expect(shared).toHaveLength(2);
});

test('leaves memory alone that other arrays lie in', () => {
  const [pooled, neighbour] = [Buffer.from('one'), Buffer.from('two')];
  discard(pooled);
  expect(pooled.toString()).toBe('one');
  expect(neighbour.toString()).toBe('two');
});

test('takes what is said to lie around an array with it', () => {
  const message = Buffer.alloc(100).subarray(5);
  discard(message);
  expect(message).toHaveLength(95);
  discard(message, 5);
  expect(message).toHaveLength(0);
});
