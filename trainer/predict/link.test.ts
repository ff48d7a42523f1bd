import { expect, test } from '@jest/globals';
import { parseRate, parseTime, rateText } from './link.ts';

test.each([
  ['100mbit', 1e8],
  ['1gbit', 1e9],
  ['2.5Gbit', 2.5e9],
  ['512kbit', 512_000],
])('%s is %d bits per second', (text, expected) => {
  expect(parseRate(text)).toBe(expected);
});

test.each(['', '1', 'gbit', '0gbit', '-1gbit', '1 gbit', '1gbps', '1e400gbit', '1constructor'])(
  '"%s" is no rate, and the message has one that is',
  (text) => {
    expect(() => parseRate(text)).toThrow(/is no rate such as 100mbit/);
  },
);

test.each([
  ['200us', 0.2],
  ['1ms', 1],
  ['0.1s', 100],
])('%s is %d milliseconds', (text, expected) => {
  expect(parseTime(text)).toBeCloseTo(expected, 9);
});

test('a time without a unit is refused', () => {
  expect(() => parseTime('1')).toThrow(/is no time such as 200us/);
});

test.each([
  [1e8, '100 Mbit/s'],
  [1e9, '1 Gbit/s'],
  [12_345_678_901, '12.3 Gbit/s'],
])('%d bits per second read as %s', (rate, expected) => {
  expect(rateText(rate)).toBe(expected);
});
