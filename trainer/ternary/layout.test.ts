import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_VALUES, planLayout, TensorSizeError, type TensorSpec } from './layout.ts';

function tensor(name: string, ...shape: number[]): TensorSpec {
  return { name, shape, size: shape.reduce((size, dimension) => size * dimension, 1) };
}

const lenet = [
  tensor('conv/kernel', 5, 5, 1, 32),
  tensor('conv/bias', 32),
  tensor('fc/kernel', 10, 9),
  tensor('fc/bias', 10),
];
const smallIsExempt = (spec: TensorSpec): boolean => spec.size < 64;

describe('the flat layout', () => {
  test('puts ternarized tensors first and exempt ones after, each in model order, each at a block', () => {
    const layout = planLayout(lenet, smallIsExempt);
    expect(layout.slots.map(({ name, offset, exempt }) => [name, offset, exempt])).toEqual([
      ['conv/kernel', 0, false],
      ['conv/bias', 960, true],
      ['fc/kernel', 800, false],
      ['fc/bias', 1040, true],
    ]);
    expect(layout).toMatchObject({ ternaryValues: 960, values: 1120, parameterCount: 800 + 32 + 90 + 10 });
  });

  test('keeps slots in model order with their index', () => {
    expect(planLayout(lenet, smallIsExempt).slots.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  test('holds a scalar, and a model that is wholly exempt or wholly ternarized', () => {
    expect(planLayout([tensor('scale')], () => false)).toMatchObject({ values: 80, ternaryValues: 80 });
    expect(planLayout(lenet, () => true)).toMatchObject({ ternaryValues: 0 });
    const none = planLayout([], () => false);
    expect(none).toEqual({ slots: [], values: 0, ternaryValues: 0, parameterCount: 0 });
  });

  test.each([
    ['an empty tensor', { name: 'w', shape: [3, 0], size: 0 }],
    ['a size that is not the shape', { name: 'w', shape: [3, 2], size: 5 }],
    ['an unknown dimension', { name: 'w', shape: [NaN], size: NaN }],
  ])('refuses %s, naming it', (_what, spec) => {
    expect(() => planLayout([spec], () => false)).toThrow(TensorSizeError);
    expect(() => planLayout([spec], () => false)).toThrow(/tensor w/);
  });

  test('gives every block to exactly one tensor', () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, (tensors) => {
        const layout = planLayout(
          tensors.map(([size], index) => tensor(`t${index}`, size)),
          (_, index) => tensors[index]![1],
        );
        const owners = Array.from({ length: layout.values / BLOCK_VALUES }, () => 0);
        for (const slot of layout.slots) {
          expect(slot.offset % BLOCK_VALUES).toBe(0);
          expect(slot.offset < layout.ternaryValues).toBe(!slot.exempt);
          const blocks = Math.ceil(slot.size / BLOCK_VALUES);
          for (let block = 0; block < blocks; block++) owners[slot.offset / BLOCK_VALUES + block]! += 1;
        }
        expect(owners.every((count) => count === 1)).toBe(true);
      }),
    );
  });
});
