import { expect, test } from '@jest/globals';
import { openBackend } from './backend.ts';

// Windows of 2x2, stride 2, over 3x3 with padding 'same': the last row and column of windows reach over the border, so
// their mean is taken over 2 pixels or 1, and each of those pixels has that much more weight.
const EXPECTED = [
  [0.25, 0.25, 0.5],
  [0.25, 0.25, 0.5],
  [0.5, 0.5, 1],
];

test.each(['cpu', 'wasm'] as const)(
  'on %s border pixels of a padded average pool get their share',
  async (name) => {
    const { tf } = (await openBackend(name, { threads: 1 })).backend;
    const gradient = tf.grad((x) => tf.sum(tf.avgPool(x.as4D(1, 3, 3, 1), 2, 2, 'same')))(
      tf.ones([1, 3, 3, 1]),
    );
    expect(await gradient.reshape([3, 3]).array()).toEqual(EXPECTED);
  },
);

test.each(['cpu', 'wasm'] as const)('on %s windows without padding share evenly', async (name) => {
  const { tf } = (await openBackend(name, { threads: 1 })).backend;
  const gradient = tf.grad((x) => tf.sum(tf.avgPool(x.as4D(1, 2, 2, 1), 2, 2, 'valid')))(
    tf.ones([1, 2, 2, 1]),
  );
  expect(Array.from(gradient.dataSync())).toEqual([0.25, 0.25, 0.25, 0.25]);
});
