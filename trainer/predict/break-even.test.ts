import { expect, test } from '@jest/globals';
import { breakEven } from './break-even.ts';

/** Bytes over a link, and what the processor adds. */
const step = (bytes: number, processorMs: number) => (bitsPerSecond: number) =>
  processorMs + (bytes * 8000) / bitsPerSecond;

test('is where the bytes that are saved take as long as what saving them costs', () => {
  // 9 MB less for 9 ms more: 8 Gbit/s, and a little below for the margin.
  const found = breakEven(step(1e6, 9), step(1e7, 0), 0);
  expect(found.kind).toBe('upTo');
  expect(found.kind === 'upTo' ? found.bitsPerSecond / 8e9 : 0).toBeCloseTo(1, 3);
});

test('who needs less of everything is ahead everywhere', () => {
  expect(breakEven(step(1e6, 1), step(1e7, 2))).toEqual({ kind: 'everywhere' });
});

test('who needs more of everything is ahead nowhere', () => {
  expect(breakEven(step(1e7, 2), step(1e6, 1))).toEqual({ kind: 'nowhere' });
});

test('less than the margin does not count', () => {
  expect(
    breakEven(
      () => 99,
      () => 100,
      0.02,
    ),
  ).toEqual({ kind: 'nowhere' });
  expect(
    breakEven(
      () => 97,
      () => 100,
      0.02,
    ),
  ).toEqual({ kind: 'everywhere' });
});
