import { describe, expect, test } from '@jest/globals';
import { job } from '../../operator/plan/testing/builders.ts';
import type { TensorSpec } from '../../trainer/ternary/layout.ts';
import { explain } from './explanation.ts';

/** 98 blocks of 80 values, and a bias that is exempt because it is small. */
const tensors: readonly TensorSpec[] = [
  { name: 'logits/kernel', shape: [784, 10], size: 7840 },
  { name: 'logits/bias', shape: [10], size: 10 },
];

const HEADER = 44;

function exemptOf(spec: string) {
  return explain(job(2, spec), tensors).tensors.map(({ exempt, sentAs }) => ({ exempt, sentAs }));
}

describe('an explanation of what a step sends', () => {
  test('counts each chunk once per other worker, in both directions', () => {
    const { bytesPerStep, chunks } = explain(job(2), tensors);
    // base3: 16 bytes per block. Sums of 2 workers have 5 values, of which a byte holds 3: 490 rows to 164 of 16 bytes.
    expect(chunks.map(({ push, pull, owner }) => ({ push: push.bytes, pull: pull.bytes, owner }))).toEqual([
      { push: 98 * 16, pull: 164 * 16, owner: 0 },
      { push: 40, pull: 40, owner: 1 },
    ]);
    expect(bytesPerStep).toEqual({
      push: { raw: 4 * 7850, wire: 98 * 16 + 40 + 2 * HEADER },
      pull: { raw: 4 * 7850, wire: 164 * 16 + 40 + 2 * HEADER },
    });
  });

  test('with more workers every further one adds a contribution and gets a sum', () => {
    const { bytesPerStep } = explain(job(4), tensors);
    expect(bytesPerStep.push).toEqual({ raw: 3 * 4 * 7850, wire: 3 * (98 * 16 + 40 + 2 * HEADER) });
  });

  test('names what is exempt, and only under the ternary codec', () => {
    expect(exemptOf('compression: {exemptFormat: float16}')).toEqual([
      { exempt: false, sentAs: 'base3' },
      { exempt: true, sentAs: 'float16' },
    ]);
    expect(exemptOf('compression: {codec: float16}')).toEqual([
      { exempt: false, sentAs: 'float16' },
      { exempt: false, sentAs: 'float16' },
    ]);
  });

  test('the ratio to float16 is half of that to float32', () => {
    const { ratioToFloat32, ratioToFloat16 } = explain(job(2), tensors);
    expect(ratioToFloat32).toBeCloseTo((2 * 4 * 7850) / (1568 + 2624 + 2 * (40 + 2 * HEADER)));
    expect(ratioToFloat16).toBeCloseTo((ratioToFloat32 ?? 0) / 2);
  });

  test.each([
    ['', 20, { push: 1.6, pull: 5.6, leastPull: Math.log2(41) }],
    ['compression: {packing: 2bit}', 4, { push: 2, pull: 3.2, leastPull: Math.log2(9) }],
    ['compression: {scaler: local}', 4, { push: 1.6, pull: 32, leastPull: null }],
    ['compression: {codec: float16}', 4, null],
  ])('bits of a ternary value, %s: of %i workers', (spec, members, bits) => {
    expect(explain(job(members, spec), tensors).ternaryBits).toEqual(bits);
  });

  test('one worker has no ratio', () => {
    expect(explain(job(1), tensors)).toMatchObject({ ratioToFloat32: null, ratioToFloat16: null });
  });
});
