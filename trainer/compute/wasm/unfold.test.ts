import { describe, expect, test } from '@jest/globals';
import { unfold } from './unfold.ts';
import type { Window2d } from './unfold.ts';

/** The definition, one element at a time. */
function unfoldByDefinition(planes: Float32Array, images: number, window: Window2d): number[] {
  const out: number[] = [];
  for (let ky = 0; ky < window.filterHeight; ky++)
    for (let kx = 0; kx < window.filterWidth; kx++)
      for (let c = 0; c < window.inChannels; c++)
        for (let n = 0; n < images; n++)
          for (let y = 0; y < window.outHeight; y++)
            for (let x = 0; x < window.outWidth; x++) {
              const row = y * window.strideHeight + ky - window.padInfo.top;
              const column = x * window.strideWidth + kx - window.padInfo.left;
              const inside = row >= 0 && row < window.inHeight && column >= 0 && column < window.inWidth;
              const plane = c * images + n;
              out.push(
                inside ? (planes[(plane * window.inHeight + row) * window.inWidth + column] ?? NaN) : 0,
              );
            }
  return out;
}

function window2d(
  [inHeight, inWidth, inChannels]: [number, number, number],
  [filterHeight, filterWidth]: [number, number],
  [strideHeight, strideWidth]: [number, number],
  [top, left]: [number, number],
  [outHeight, outWidth]: [number, number],
): Window2d {
  const filter = { filterHeight, filterWidth, strideHeight, strideWidth, padInfo: { top, left } };
  return { inHeight, inWidth, inChannels, outHeight, outWidth, ...filter };
}

describe('unfold', () => {
  test('a 2x2 image under a 2x2 filter, padded below and to the right', () => {
    const window = window2d([2, 2, 1], [2, 2], [1, 1], [0, 0], [2, 2]);
    const out = new Float32Array(16).fill(NaN);
    unfold(Float32Array.of(1, 2, 3, 4), 1, window, out);
    // One row per filter tap: the image as that tap sees it.
    expect(Array.from(out)).toEqual([1, 2, 3, 4, 2, 0, 4, 0, 3, 4, 0, 0, 4, 0, 0, 0]);
  });

  test.each([
    window2d([5, 6, 2], [3, 3], [1, 1], [1, 1], [5, 6]),
    window2d([5, 6, 2], [3, 2], [2, 3], [1, 0], [3, 2]),
    window2d([4, 3, 1], [5, 5], [1, 1], [2, 2], [4, 3]),
    window2d([3, 3, 1], [1, 7], [1, 1], [0, 3], [3, 3]),
    window2d([7, 7, 3], [2, 2], [3, 3], [0, 0], [3, 3]),
    // A tap that never meets the image: every value it sees is padding.
    window2d([2, 1, 1], [1, 5], [1, 4], [0, 2], [2, 1]),
  ])('agrees with its definition: %j', (window) => {
    const images = 2;
    const planes = Float32Array.from(
      { length: window.inChannels * images * window.inHeight * window.inWidth },
      (_, i) => i + 1,
    );
    const expected = unfoldByDefinition(planes, images, window);
    const out = new Float32Array(expected.length).fill(NaN);
    unfold(planes, images, window, out);
    expect(Array.from(out)).toEqual(expected);
  });
});
