import { expect, jest, test } from '@jest/globals';
import { FRAME_HEADER_BYTES } from '../../trainer/wire/frame.ts';
import { gaussianBits } from '../../trainer/ternary/entropy/gaussian-bits.ts';
import { specOf, tensor } from '../../trainer/step/testing/spec.ts';
import { measureCodecs } from './codec-time.ts';
import { measureTransport } from './transport-time.ts';

// Measurements take their time, and more of it on a busy computer.
jest.setTimeout(180_000);

const tensors = [tensor('kernel', 200, 400), tensor('bias', 400)];

test('codecs are measured on the tensors of the job, with the bytes that they would send', async () => {
  const { codings, statisticsMs, updateMs } = await measureCodecs(tensors, specOf());
  expect(statisticsMs).toBeGreaterThan(0);
  expect(updateMs).toBeGreaterThan(0);
  const bytes = Object.fromEntries(
    codings.map((coding) => {
      const chunks = coding.chunks(2) ?? [];
      const { encodeMs, sumMs, decodeMs } = coding.costs(2);
      expect(Math.min(encodeMs, sumMs, decodeMs)).toBeGreaterThan(0);
      return [
        coding.name,
        chunks.reduce((sum, { push }) => sum + push, 0) - chunks.length * FRAME_HEADER_BYTES,
      ];
    }),
  );
  expect(codings.map((coding) => coding.chunks(256) !== undefined)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  // 80,000 ternarized values at 1.6 and 2 bits; 400 exempt ones in float32.
  expect(bytes).toEqual({
    float32: 80_400 * 4,
    float16: 80_400 * 2,
    ternary: 80_000 / 5 + 400 * 4,
    'ternary 2bit': 80_000 / 4 + 400 * 4,
    'ternary entropy': expect.closeTo((80_000 * gaussianBits(2.5, 2).push) / 8 + 400 * 4, -1),
  });
  const { entropy } = codings.at(-1)!.costs(2);
  expect(Math.min(...Object.values(entropy ?? { none: 0 }))).toBeGreaterThan(0);
});

test('the transport has a price for bytes and for the barrier', async () => {
  const { barrierMs, perMemberMs, perMessageMs, perByteMs } = await measureTransport(true);
  expect(barrierMs).toBeGreaterThan(0);
  expect(perMemberMs).toBeGreaterThan(0);
  expect(perMessageMs).toBeGreaterThanOrEqual(0);
  // Between 20 MB/s and 50 GB/s, whatever the computer does beside.
  expect(perByteMs).toBeGreaterThan(2e-8);
  expect(perByteMs).toBeLessThan(5e-5);
});
