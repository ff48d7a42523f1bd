import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CodingCosts, StepCosts } from './costs.ts';
import { predictStep, type PredictedStep, type StepSetting } from './predict-step.ts';

const costs: StepCosts = {
  gradient: { fixedMs: 2, perExampleMs: 0.5 },
  statisticsMs: 1,
  updateMs: 2,
  isUpdatedAsSumsCome: true,
  transport: { barrierMs: 0.5, perMemberMs: 0.05, perMessageMs: 0.06, perByteMs: 2e-6 },
};
const coding: CodingCosts = { encodeMs: 3, decodeMs: 2, sumMs: 1 };
const free: CodingCosts = { encodeMs: 0, decodeMs: 0, sumMs: 0 };
/** 4 MB of float32 in 16 chunks. */
const chunks = Array.from({ length: 16 }, () => ({ push: 250_000, pull: 250_000 }));

function predicted(change: Partial<StepSetting> = {}, with_ = { costs, coding, chunks }): PredictedStep {
  return predictStep(with_.costs, with_.coding, with_.chunks, {
    members: 4,
    examplesPerStep: 64,
    link: { bitsPerSecond: 1e9, roundTripMs: 0.1 },
    coresPerWorker: 2,
    ...change,
  });
}

const link = (bitsPerSecond: number, roundTripMs = 0.1) => ({ link: { bitsPerSecond, roundTripMs } });

const settings = fc.record({
  members: fc.integer({ min: 1, max: 512 }),
  examplesPerStep: fc.integer({ min: 1, max: 4096 }),
  coresPerWorker: fc.constantFrom(0.25, 0.5, 1, 2, 8),
  link: fc.record({
    bitsPerSecond: fc.double({ min: 1e6, max: 1e12, noNaN: true }),
    roundTripMs: fc.double({ min: 0, max: 300, noNaN: true }),
  }),
});

describe('a slow link', () => {
  test('decides alone: the bytes of the busiest worker at its rate, with the headers of the wire', () => {
    const { exchangeMs, wireMs, bound, sentBytes } = predicted({ ...link(1e7), members: 2 });
    expect(sentBytes).toBe(4_000_000);
    expect(wireMs).toBeCloseTo(3200 * 1.0705, -2);
    expect(exchangeMs / wireMs).toBeLessThan(1.01);
    expect(bound).toBe('link');
  });

  test('of ternary codes is as much faster as they are smaller', () => {
    const small = chunks.map(() => ({ push: 12_500, pull: 21_000 }));
    const ratio =
      predicted(link(1e6)).exchangeMs / predicted(link(1e6), { costs, coding, chunks: small }).exchangeMs;
    expect(ratio).toBeCloseTo(500 / 33.5, 1);
  });
});

describe('a fast link', () => {
  test('leaves what the processor takes to send and receive', () => {
    const { exchangeMs, processorMs, bound } = predicted(link(1e12));
    expect(processorMs).toBeGreaterThan(6_000_000 * 2e-6);
    expect(exchangeMs).toBeCloseTo(processorMs + 0.1, 1);
    expect(bound).toBe('processor');
  });

  test('far away is limited by the windows', () => {
    const near = predicted({ ...link(1e11, 0), members: 2 });
    const far = predicted({ ...link(1e11, 100), members: 2 });
    // 4 MiB in 100 ms are 335 Mbit/s.
    expect(far.wireMs).toBeCloseTo((near.wireMs * 1e11) / (4 * 2 ** 20 * 8 * 10), 3);
    expect(predicted({ ...link(1e11, 1000), members: 2, examplesPerStep: 1 }).bound).toBe('latency');
  });
});

test('one worker exchanges nothing', () => {
  const { barrierMs, wireMs, sentBytes, totalMs } = predicted({ members: 1 });
  expect({ barrierMs, wireMs, sentBytes }).toEqual({ barrierMs: 0, wireMs: 0, sentBytes: 0 });
  expect(totalMs).toBeCloseTo(2 + 32 + 1 + 2 + 2 + 3 + 1, 0);
});

test('with one core computing and sending take turns', () => {
  const one = predicted({ ...link(1e12), coresPerWorker: 1 });
  const two = predicted({ ...link(1e12), coresPerWorker: 2 });
  // 3 ms of encoding, 2 of decoding, 2 of the update.
  expect(one.processorMs - two.processorMs).toBeCloseTo(7 * (1 - 1 / 16), 1);
});

describe('an update', () => {
  const late = { costs: { ...costs, isUpdatedAsSumsCome: false }, coding, chunks };

  test('as sums come hides behind a slow link, but for the last part', () => {
    const slow = { ...link(1e8), coresPerWorker: 1 };
    const { totalMs } = predicted(slow);
    expect(predicted(slow, late).totalMs - totalMs).toBeCloseTo(2 * (1 - 1 / 16), 9);
  });

  test('after the last sum is added whole', () => {
    const { exchangeMs, beyondGradientMs, barrierMs } = predicted(link(1e8), late);
    expect(beyondGradientMs - exchangeMs - barrierMs).toBeCloseTo(1 + 2, 9);
  });
});

describe('entropy coding', () => {
  const entropy = { codePushMs: 8, restorePushMs: 4, codeSumMs: 2, restoreSumMs: 1 };
  const coded = { costs, coding: { ...coding, entropy }, chunks };

  test('takes the processor: of four members, each codes and restores three quarters of a vector, and its own sums', () => {
    const one = { coresPerWorker: 1 };
    const more = predicted(one, coded).processorMs - predicted(one).processorMs;
    expect(more).toBeCloseTo(8 * 0.75 + 4 * 0.75 + 2 * 0.25 + 1 * 0.75, 9);
  });

  test('costs one worker alone nothing', () => {
    expect(predicted({ members: 1 }, coded)).toEqual(predicted({ members: 1 }));
  });
});

describe('for any setting', () => {
  const holds = (property: (setting: StepSetting) => void): void =>
    fc.assert(fc.property(settings, (setting) => property(setting)));

  test('a step is finite, positive, and no shorter than any of its parts', () => {
    holds((setting) => {
      const step = predicted(setting);
      expect(Number.isFinite(step.totalMs) && step.totalMs > 0).toBe(true);
      expect(step.totalMs).toBeGreaterThanOrEqual(step.gradientMs);
      expect(step.exchangeMs).toBeGreaterThanOrEqual(Math.max(step.wireMs, step.processorMs));
      expect(step.samplesPerSecond).toBeCloseTo((setting.examplesPerStep * 1000) / step.totalMs, 6);
    });
  });

  test('a faster link never takes longer', () => {
    holds((setting) => {
      const { bitsPerSecond, roundTripMs } = setting.link;
      const faster = predicted({ ...setting, link: { bitsPerSecond: 2 * bitsPerSecond, roundTripMs } });
      expect(faster.totalMs).toBeLessThanOrEqual(predicted(setting).totalMs);
    });
  });

  test('a longer way is never faster', () => {
    holds((setting) => {
      const { bitsPerSecond, roundTripMs } = setting.link;
      const farther = predicted({ ...setting, link: { bitsPerSecond, roundTripMs: roundTripMs + 1 } });
      expect(farther.totalMs).toBeGreaterThanOrEqual(predicted(setting).totalMs);
    });
  });

  test('more workers never exchange faster, nor compute slower', () => {
    holds((setting) => {
      const more = predicted({ ...setting, members: setting.members * 2 });
      const fewer = predicted(setting);
      expect(more.gradientMs).toBeLessThanOrEqual(fewer.gradientMs);
      expect(more.sentBytes).toBeGreaterThanOrEqual(fewer.sentBytes);
    });
  });

  test('fewer bytes at the same cost never take longer', () => {
    holds((setting) => {
      const halved = chunks.map(({ push, pull }) => ({ push: push / 2, pull: pull / 2 }));
      // Fewer stages overlap less: the bound holds for what does not depend on them.
      const less = predicted(setting, { costs, coding: free, chunks: halved });
      const all = predicted(setting, { costs, coding: free, chunks });
      expect(less.wireMs).toBeLessThanOrEqual(all.wireMs);
      expect(less.processorMs).toBeLessThanOrEqual(all.processorMs);
    });
  });

  test('more cores never take longer', () => {
    holds((setting) => {
      const more = predicted({ ...setting, coresPerWorker: setting.coresPerWorker * 2 });
      expect(more.totalMs).toBeLessThanOrEqual(predicted(setting).totalMs + 1e-9);
    });
  });
});
