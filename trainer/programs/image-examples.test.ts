import { describe, expect, test } from '@jest/globals';
import { openBackend } from '../compute/backend.ts';
import { createRandom } from '../data/random.ts';
import { imageExamples } from './image-examples.ts';

const { tf } = (await openBackend('cpu', { threads: 1 })).backend;

/** One image of 4 x 4 pixels and one channel, value = 16 row + column. */
const image = {
  count: 1,
  shape: [4, 4, 1],
  values: Uint8Array.from({ length: 16 }, (_, i) => 16 * Math.floor(i / 4) + (i % 4)),
  labels: Uint8Array.of(3),
};
const first = Int32Array.of(0);

function crop(augment: boolean, seed?: number): number[] {
  const random = seed === undefined ? undefined : createRandom({ seed, purpose: 'augment' });
  return [...imageExamples(image, 2, augment).batch(tf, first, random).inputs.dataSync()];
}

describe('imageExamples', () => {
  test('takes the standardized centre in evaluation, whatever is random', () => {
    // Centre 17 18 / 33 34: mean 25.5, deviation sqrt(64.25).
    const expected = [-8.5, -7.5, 7.5, 8.5].map((value) => value / Math.sqrt(64.25));
    for (const found of [crop(false), crop(true), crop(false, 1)]) {
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    }
  });

  test('crops and flips at random in training, the same for the same key', () => {
    expect(crop(true, 1)).toEqual(crop(true, 1));
    const views = new Set(
      Array.from({ length: 100 }, (_, seed) =>
        crop(true, seed)[0]! > crop(true, seed)[1]! ? 'flipped' : 'as is',
      ),
    );
    expect(views).toEqual(new Set(['flipped', 'as is']));
  });

  test('every crop has mean 0 and deviation 1', () => {
    for (let seed = 0; seed < 20; seed++) {
      const values = crop(true, seed);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
      expect(values.reduce((sum, value) => sum + value * value, 0) / values.length).toBeCloseTo(1, 3);
    }
  });

  test('an image of one colour stays finite', () => {
    const plain = imageExamples({ ...image, values: new Uint8Array(16).fill(200) }, 2, false);
    expect([...plain.batch(tf, first).inputs.dataSync()]).toEqual([0, 0, 0, 0]);
  });

  test('an image as small as the crop is taken whole', () => {
    const { inputs } = imageExamples(image, 4, true).batch(
      tf,
      first,
      createRandom({ seed: 1, purpose: 'x' }),
    );
    expect(inputs.shape).toEqual([1, 4, 4, 1]);
  });
});
