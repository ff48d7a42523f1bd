import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { payloadDigest } from './payload-digest.ts';
import { createTwins, type Twins } from './reference/twins.ts';

const AT = 1024;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(65_536);
});

const bytes = fc.uint8Array({ maxLength: 200 });

describe('the digest of a payload', () => {
  test('is the same from SIMD and from TypeScript, for every length at every address', () => {
    fc.assert(
      fc.property(bytes, fc.nat(15), (payload, skip) => {
        twins.write(AT + skip, payload);
        twins.expectEqual((kernels) => kernels.digest(AT + skip, payload.length) >>> 0);
      }),
    );
  });

  test('differs after any change within one word', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (payload, place, mask) => {
          const changed = payload.slice();
          changed[place % payload.length]! ^= mask;
          expect(payloadDigest(changed)).not.toBe(payloadDigest(payload));
        },
      ),
    );
  });

  test('differs when two stripes change places, or zeros are appended', () => {
    const payload = Uint8Array.from({ length: 32 }, (_, i) => i);
    const swapped = Uint8Array.from([...payload.subarray(16), ...payload.subarray(0, 16)]);
    expect(payloadDigest(swapped)).not.toBe(payloadDigest(payload));
    expect(payloadDigest(Uint8Array.from([...payload, 0]))).not.toBe(payloadDigest(payload));
  });

  // By hand: one stripe of words 1, 0, 0, 0; sums and sums of sums are 1, 0, 0, 0.
  test('of one known payload', () => {
    expect(payloadDigest(Uint8Array.of(1, 0, 0, 0))).toBe(0xadfa28f8);
  });
});
