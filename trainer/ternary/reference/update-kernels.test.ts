import { beforeAll, describe, test } from '@jest/globals';
import fc from 'fast-check';
import type { Kernels, OneSlot, TwoSlots } from '../kernels.ts';
import { BLOCK_VALUES } from '../layout.ts';
import { gradientValues, padded } from './arbitraries.ts';
import { createTwins, type Twins } from './twins.ts';

const HASH = 64;
const WEIGHTS = 4096;
const GRADIENT = 8192;
const FIRST = 12_288;
const SECOND = 16_384;
/** From a vector to where its next state goes, when that is not its own place. */
const BESIDE = 16_384;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(65_536);
});

const values = gradientValues({ minLength: 1, maxLength: 240 });
const rate = fc.float({ min: 0, max: 1, noNaN: true });

type Update = (kernels: Kernels, blocks: number, rate: number, l2: number, beside: number) => void;
const oneSlot = (slot: number, blocks: number, beside: number): OneSlot => [
  WEIGHTS,
  WEIGHTS + beside,
  GRADIENT,
  slot,
  slot + beside,
  blocks,
  HASH,
];
const twoSlots = (blocks: number, beside: number): TwoSlots => [
  WEIGHTS,
  WEIGHTS + beside,
  GRADIENT,
  FIRST,
  FIRST + beside,
  SECOND,
  SECOND + beside,
  blocks,
  HASH,
];
const ADAM_FACTORS = [0.9, 1 - 0.9, 0.999, 1 - 0.999, 1e-8] as const;

const updates: [string, Update][] = [
  ['sgd', (k, blocks, r, l2, beside) => k.sgd(WEIGHTS, WEIGHTS + beside, GRADIENT, blocks, HASH, r, l2)],
  ['momentum', (k, blocks, r, l2, beside) => k.momentum(...oneSlot(FIRST, blocks, beside), r, l2, 0.9)],
  ['nesterov', (k, blocks, r, l2, beside) => k.nesterov(...oneSlot(FIRST, blocks, beside), r, l2, 0.9)],
  [
    'rmsprop',
    (k, blocks, r, l2, beside) => k.rmsprop(...oneSlot(SECOND, blocks, beside), r, l2, 0.9, 1 - 0.9, 1e-8),
  ],
  ['adam', (k, blocks, r, l2, beside) => k.adam(...twoSlots(blocks, beside), r, l2, 0, ...ADAM_FACTORS)],
  [
    'adam with decoupled decay',
    (k, blocks, r, l2, beside) => k.adam(...twoSlots(blocks, beside), r, 0, l2, ...ADAM_FACTORS),
  ],
  ['hashState without slots', (k, blocks) => k.hashState(WEIGHTS, 0, 0, blocks, HASH)],
  ['hashState with one slot', (k, blocks) => k.hashState(WEIGHTS, FIRST, 0, blocks, HASH)],
  ['hashState with two slots', (k, blocks) => k.hashState(WEIGHTS, FIRST, SECOND, blocks, HASH)],
  ['movingAverage', (k, blocks) => k.movingAverage(FIRST, WEIGHTS, blocks, 0.999, 1 - 0.999)],
];

describe('SIMD and reference leave the same state and the same hash', () => {
  test.each(updates)('%s', (_name, update) => {
    fc.assert(
      fc.property(values, values, values, rate, rate, (weights, gradient, slot, r, l2) => {
        const whole = padded(weights, BLOCK_VALUES);
        const like = (data: Float32Array): Float32Array =>
          whole.map((_, i) => (i < weights.length ? data[i % data.length]! : 0));
        // Huge values would give infinities and NaN, whose sign nobody defines: keep to what can be trained.
        twins.write(WEIGHTS, whole.map(clamp));
        twins.write(GRADIENT, like(gradient).map(clamp));
        twins.write(FIRST, like(slot).map(clamp));
        twins.write(
          SECOND,
          like(slot).map((x) => Math.abs(clamp(x))),
        );
        const blocks = whole.length / BLOCK_VALUES;
        twins.expectEqual((kernels) => update(kernels, blocks, r, l2, BESIDE));
        twins.expectEqual((kernels) => update(kernels, blocks, r, l2, 0));
      }),
    );
  });
});

function clamp(value: number): number {
  return Math.max(-1e15, Math.min(1e15, value));
}
