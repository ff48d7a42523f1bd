import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { busiestTraffic } from './traffic.ts';

const equal = (count: number, push: number, pull: number) =>
  Array.from({ length: count }, () => ({ push, pull }));

describe('the traffic of the busiest member', () => {
  test('of one member is none, and it sums all by itself', () => {
    expect(busiestTraffic(equal(4, 100, 200), 1)).toEqual({
      sentBytes: 0,
      receivedBytes: 0,
      messages: 0,
      summedShare: 1,
      owners: 1,
    });
  });

  test('of two: half of the contributions out, half of the sums out, and as much in', () => {
    expect(busiestTraffic(equal(4, 100, 200), 2)).toMatchObject({
      sentBytes: 2 * 100 + 2 * 200,
      receivedBytes: 2 * 100 + 2 * 200,
      summedShare: 0.5,
    });
  });

  test('with evenly shared chunks follows (N - 1) / N', () => {
    const chunks = equal(64, 160, 320);
    for (const members of [2, 4, 8, 16, 32, 64]) {
      const whole = 64 * (160 + 320);
      expect(busiestTraffic(chunks, members).sentBytes).toBeCloseTo((whole * (members - 1)) / members, 6);
    }
  });

  test('with fewer chunks than members those who sum send every sum to everyone', () => {
    const { sentBytes, owners } = busiestTraffic(equal(16, 100, 200), 512);
    expect(owners).toBe(16);
    expect(sentBytes).toBe(15 * 100 + 511 * 200);
  });

  test('what all send all receive', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ push: fc.integer({ min: 1, max: 1e6 }), pull: fc.integer({ min: 1, max: 1e6 }) }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        fc.integer({ min: 2, max: 60 }),
        (chunks, members) => {
          const { sentBytes, receivedBytes } = busiestTraffic(chunks, members);
          const wholePush = chunks.reduce((sum, { push }) => sum + push, 0);
          const wholePull = chunks.reduce((sum, { pull }) => sum + pull, 0);
          // The busiest one moves at least the mean of all.
          const mean = ((members - 1) * (wholePush + wholePull)) / members;
          expect(Math.max(sentBytes, receivedBytes)).toBeGreaterThanOrEqual(mean - 1e-6);
        },
      ),
    );
  });
});
