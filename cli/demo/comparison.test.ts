import { describe, expect, test } from '@jest/globals';
import type { RunResult } from '../../operator/local/run-result.ts';
import { comparison } from './comparison.ts';

const ternary: RunResult = {
  phase: 'Succeeded',
  reason: 'Completed',
  message: 'done',
  steps: 938,
  epochs: 1,
  loss: 0.0812,
  testAccuracy: 0.9771,
  samplesPerSecond: 1840,
  stepMs: { total: 34, compute: 25, encode: 1, barrier: 1, push: 3, pull: 3, apply: 1, beyondCompute: 8 },
  backend: 'wasm',
  codec: 'ternary',
  codecReason: null,
  workers: 2,
  bytes: { push: { raw: 4.7e9, wire: 2.4e8 }, pull: { raw: 4.7e9, wire: 4e8 } },
  compressionRatio: 14.7,
  weightsHashes: ['aa', 'aa'],
};

const float32: RunResult = {
  ...ternary,
  testAccuracy: null,
  bytes: { push: { raw: 4.7e9, wire: 4.7e9 }, pull: { raw: 4.7e9, wire: 4.7e9 } },
  weightsHashes: ['aa', 'bb'],
};

describe('the comparison of the demo', () => {
  test('puts runs side by side', () => {
    const text = comparison([
      { label: 'ternary', result: ternary, wallSeconds: 31.24 },
      { label: 'float32', result: float32, wallSeconds: 62 },
    ]);
    expect(text).toBe(
      [
        '                                 ternary         float32',
        'test accuracy                      97.7%               -',
        'loss                              0.0812          0.0812',
        'steps                                938             938',
        'time                              31.2 s          62.0 s',
        'throughput                1840 samples/s  1840 samples/s',
        'time per step                    34.0 ms         34.0 ms',
        'push: as float32                 4.70 GB         4.70 GB',
        'push: sent                      240.0 MB         4.70 GB',
        'pull: as float32                 4.70 GB         4.70 GB',
        'pull: sent                      400.0 MB         4.70 GB',
        'fewer bytes than float32          14.69x           1.00x',
        'fewer bytes than float16           7.34x           0.50x',
        'weights of the workers         identical       DIFFERENT',
      ].join('\n'),
    );
  });
});
