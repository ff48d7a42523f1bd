import { describe, expect, test } from '@jest/globals';
import { bytesText, durationText, lossText, summaryOf, throughputText } from './figures.ts';
import { progress } from './testing/builders.ts';

describe('figures for humans', () => {
  test('before the first report only the workers are counted', () => {
    expect(summaryOf(1, 2, undefined)).toEqual({ workers: '1/2' });
  });

  test('a running job shows step, progress, time left, loss, throughput and bytes saved', () => {
    const report = progress(25, {
      stepMs: 2000,
      loss: 0.123456,
      testAccuracy: 0.9812,
      samplesPerSecond: 1839.6,
      bytes: { raw: 16e6, wire: 1e6 },
    });
    expect(summaryOf(2, 2, report)).toEqual({
      workers: '2/2',
      step: '25/100',
      progress: '25%',
      eta: '2m30s',
      loss: '0.1235',
      accuracy: '98.1%',
      throughput: '1840 samples/s',
      saved: '93.8% (15.0 MB)',
    });
  });

  test('no time left is guessed before the first step', () => {
    expect(summaryOf(2, 2, progress(0))).toEqual({ workers: '2/2', step: '0/100', progress: '0%' });
  });

  test.each([
    [0, '0s'],
    [59_400, '59s'],
    [59_600, '1m00s'],
    [3_599_000, '59m59s'],
    [11_100_000, '3h05m'],
  ])('%d ms reads %s', (ms, text) => expect(durationText(ms)).toBe(text));

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [12_345_678, '12.3 MB'],
    [-2048, '-2.05 kB'],
  ])('%d bytes read %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  test.each([
    [2.30258, '2.3026'],
    [0, '0.0000'],
    [0.00012345, '1.23e-4'],
  ])('a loss of %d reads %s', (loss, text) => expect(lossText(loss)).toBe(text));

  test('a slow program shows tenths of samples', () => {
    expect([throughputText(3.14), throughputText(314.4)]).toEqual(['3.1 samples/s', '314 samples/s']);
  });

  test.each([
    ['one worker, which sends nothing', { raw: 0, wire: 0 }],
    ['float32, which pays for its frame headers', { raw: 1000, wire: 1040 }],
  ])('nothing is saved by %s', (_, bytes) => {
    expect(summaryOf(1, 1, progress(1, { bytes })).saved).toBeUndefined();
  });
});
