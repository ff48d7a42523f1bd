import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../classification.ts';
import { op } from './gradient-case.ts';
import type { GradientCase } from './gradient-case.ts';

type Images = Tensor<Rank.R4>;

const images = (x: Tensor): Images =>
  x.as4D(x.shape[0] ?? 1, x.shape[1] ?? 1, x.shape[2] ?? 1, x.shape[3] ?? 1);

/** Batch 3, so that no axis is mistaken for another; odd, even and unequal sizes. */
const CONVOLUTIONS: readonly [
  x: number[],
  filter: number[],
  strides: [number, number],
  pad: 'same' | 'valid' | number,
][] = [
  [[3, 8, 8, 2], [3, 3, 2, 4], [1, 1], 'same'],
  [[3, 8, 8, 2], [3, 3, 2, 4], [1, 1], 'valid'],
  [[3, 7, 9, 3], [5, 5, 3, 2], [1, 1], 'same'],
  [[3, 7, 9, 3], [2, 4, 3, 5], [1, 1], 'same'],
  [[3, 8, 7, 2], [3, 3, 2, 4], [2, 2], 'same'],
  [[3, 8, 7, 2], [3, 3, 2, 4], [2, 2], 'valid'],
  [[3, 9, 10, 2], [2, 3, 2, 3], [3, 2], 'same'],
  [[3, 9, 10, 2], [2, 3, 2, 3], [3, 2], 'valid'],
  [[3, 9, 9, 2], [2, 2, 2, 3], [3, 3], 'same'],
  [[3, 6, 6, 3], [1, 1, 3, 5], [1, 1], 'same'],
  [[3, 6, 7, 3], [1, 1, 3, 5], [2, 2], 'same'],
  [[3, 6, 6, 2], [3, 3, 2, 2], [1, 1], 1],
  [[3, 4, 4, 2], [4, 4, 2, 3], [1, 1], 'valid'],
  [[3, 3, 3, 2], [5, 5, 2, 3], [1, 1], 'same'],
  [[1, 28, 28, 1], [5, 5, 1, 20], [1, 1], 'same'],
  // Every remainder of the wasm kernels' tiles: 8 columns, 4 rows, 4 pixels.
  [[1, 5, 5, 1], [3, 3, 1, 1], [1, 1], 'same'],
  [[2, 5, 3, 3], [2, 3, 3, 6], [1, 1], 'same'],
  [[1, 4, 5, 4], [3, 2, 4, 7], [1, 1], 'valid'],
  [[1, 6, 4, 5], [3, 3, 5, 9], [1, 2], 'same'],
  [[1, 3, 3, 8], [1, 2, 8, 11], [2, 1], 'same'],
  [[1, 4, 4, 2], [2, 2, 2, 8], [1, 1], 'same'],
  // Long sums.
  [[9, 32, 32, 16], [5, 5, 16, 4], [1, 1], 'same'],
];

const DEPTHWISE: readonly [
  x: number[],
  filter: number[],
  strides: [number, number],
  pad: 'same' | 'valid',
][] = [
  [[3, 7, 8, 3], [3, 3, 3, 1], [1, 1], 'same'],
  [[3, 7, 8, 3], [3, 3, 3, 2], [1, 1], 'valid'],
  [[3, 7, 8, 3], [3, 3, 3, 2], [2, 2], 'same'],
  [[3, 8, 7, 2], [2, 2, 2, 3], [2, 2], 'valid'],
  [[3, 9, 9, 2], [2, 2, 2, 1], [3, 3], 'same'],
];

const POOLS: readonly [
  x: number[],
  size: [number, number],
  strides: [number, number],
  pad: 'same' | 'valid',
][] = [
  [[3, 8, 8, 3], [2, 2], [2, 2], 'same'],
  [[3, 7, 9, 3], [2, 2], [2, 2], 'same'],
  [[3, 7, 9, 3], [3, 3], [2, 2], 'valid'],
  [[3, 7, 9, 3], [3, 3], [2, 2], 'same'],
  [[3, 6, 6, 2], [3, 2], [1, 1], 'same'],
  [[2, 5, 6, 4], [2, 2], [2, 2], 'same'],
  [[2, 6, 5, 9], [3, 2], [3, 1], 'valid'],
];

const ACTIVATIONS = [
  'relu', 'relu6', 'elu', 'selu', 'tanh', 'sigmoid', 'softplus', 'leakyRelu', 'exp', 'abs', 'square', 'softmax', 'logSoftmax',
] as const; // prettier-ignore

const describe = (parts: readonly unknown[]): string => parts.map((part) => JSON.stringify(part)).join(' ');

export const OP_CASES: readonly GradientCase[] = [
  ...CONVOLUTIONS.map(([x, filter, strides, pad]) =>
    op(`conv2d ${describe([x, filter, strides, pad])}`, [x, filter], (tf, a, b) =>
      tf.conv2d(images(a), images(b), strides, pad),
    ),
  ),
  op('conv2d with explicit, uneven padding', [[3, 6, 7, 2], [3, 3, 2, 4]], (tf, a, b) =>
    tf.conv2d(images(a), images(b), [2, 1], [[0, 0], [1, 0], [2, 1], [0, 0]]),
  ), // prettier-ignore
  ...DEPTHWISE.map(([x, filter, strides, pad]) =>
    op(`depthwiseConv2d ${describe([x, filter, strides, pad])}`, [x, filter], (tf, a, b) =>
      tf.depthwiseConv2d(images(a), images(b), strides, pad),
    ),
  ),
  ...POOLS.flatMap(([x, size, strides, pad]) => [
    op(`maxPool ${describe([x, size, strides, pad])}`, [x], (tf, a) =>
      tf.maxPool(images(a), size, strides, pad),
    ),
    op(
      `maxPool of negative values ${describe([x, size, strides, pad])}`,
      [x],
      (tf, a) => tf.maxPool(images(a), size, strides, pad),
      { low: -2, high: -1 },
    ),
    op(`maxPool of ties ${describe([x, size, strides, pad])}`, [x], (tf, a) =>
      tf.maxPool(tf.relu(images(a)), size, strides, pad),
    ),
    op(`avgPool ${describe([x, size, strides, pad])}`, [x], (tf, a) =>
      tf.avgPool(images(a), size, strides, pad),
    ),
  ]),
  ...ACTIVATIONS.map((name) => op(name, [[4, 7]], (tf, x) => tf[name](x), { low: -3, high: 3 })),
  op('relu at zero', [[6]], (tf, x) => tf.relu(tf.mul(x, 0))),
  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) =>
      [[], [3]].map((batch) =>
        op(
          `matMul of ${batch.length === 0 ? 'matrices' : 'batches'}, transposed ${transposeA} ${transposeB}`,
          [
            [...batch, ...(transposeA ? [5, 4] : [4, 5])],
            [...batch, ...(transposeB ? [6, 5] : [5, 6])],
          ],
          (tf, a, b) => tf.matMul(a, b, transposeA, transposeB),
        ),
      ),
    ),
  ),
  op('matMul with more rows than columns, second transposed', [[9, 5], [3, 5]], (tf, a, b) =>
    tf.matMul(a, b, false, true),
  ), // prettier-ignore
  op('localResponseNormalization', [[2, 3, 4, 9]], (tf, x) =>
    tf.localResponseNormalization(images(x), 4, 1, 0.001 / 9, 0.75),
  ),
  op('localResponseNormalization with strong coefficients', [[2, 3, 4, 6]], (tf, x) =>
    tf.localResponseNormalization(images(x), 2, 0.5, 0.7, 0.5),
  ),
  op('sum over every axis but the last', [[2, 3, 4, 5]], (tf, x) => tf.square(tf.sum(x, [0, 1, 2]))),
  op('sum over the first axis', [[6, 5]], (tf, x) => tf.square(tf.sum(x, 0))),
  op('sum over every axis but the last, kept', [[3, 4, 5]], (tf, x) => tf.square(tf.sum(x, [0, 1], true))),
  op('global average pooling', [[3, 4, 5, 2]], (tf, x) => tf.mean(x, [1, 2])),
  op('global max pooling', [[3, 4, 5, 2]], (tf, x) => tf.max(x, [1, 2])),
  op('max of negative values', [[3, 4]], (tf, x) => tf.max(x, 1), { low: -2, high: -1 }),
  op('softmax cross-entropy', [[5, 4]], (tf, logits) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot([0, 3, 1, 1, 2], 4), logits),
  ),
  op('softmax cross-entropy with class indices', [[5, 4]], (tf, logits) =>
    softmaxCrossEntropy(tf, logits, tf.tensor1d([0, 3, 1, 1, 2], 'int32')),
  ),
  op('sigmoid cross-entropy', [[5, 1]], (tf, logits) =>
    tf.losses.sigmoidCrossEntropy(tf.tensor2d([0, 1, 1, 0, 1], [5, 1]), logits),
  ),
  op('mean squared error', [[5, 3]], (tf, x) => tf.losses.meanSquaredError(tf.ones([5, 3]), x)),
  op('gather with repeated ids', [[5, 3]], (tf, table) =>
    tf.gather(table, tf.tensor1d([4, 0, 4, 2], 'int32')),
  ),
  op('gather along the second axis', [[3, 5, 2]], (tf, x) =>
    tf.gather(x, tf.tensor1d([1, 1, 4], 'int32'), 1),
  ),
  op('broadcast add and multiply', [[3, 4], [4], [3, 1]], (tf, a, b, c) => tf.mul(tf.add(a, b), c)), // prettier-ignore
  op('concat, slice, pad and transpose', [[3, 4], [3, 2]], (tf, a, b) =>
    tf.transpose(tf.pad(tf.slice(tf.concat([a, b], 1), [0, 1], [3, 4]), [[1, 0], [0, 2]])),
  ), // prettier-ignore
  op('nearest-neighbour resize', [[2, 3, 3, 2]], (tf, x) =>
    tf.image.resizeNearestNeighbor(images(x), [6, 6]),
  ),
  op('conv3d same', [[2, 4, 5, 4, 2], [3, 2, 2, 2, 3]], (tf, x, w) => tf.conv3d(fiveAxes(x), fiveAxes(w), 1, 'same')), // prettier-ignore
  op('conv3d valid, strided', [[2, 4, 5, 4, 2], [3, 2, 2, 2, 3]], (tf, x, w) => tf.conv3d(fiveAxes(x), fiveAxes(w), [1,2,1], 'valid')), // prettier-ignore
  op('maxPool3d', [[2, 4, 5, 4, 2]], (tf, x) => tf.maxPool3d(fiveAxes(x), 2, 2, 'valid')),
  op('avgPool3d valid', [[2, 4, 5, 4, 2]], (tf, x) => tf.avgPool3d(fiveAxes(x), 2, 2, 'valid')),
  op('avgPool3d same', [[2, 4, 5, 4, 2]], (tf, x) => tf.avgPool3d(fiveAxes(x), 2, 2, 'same')),
  op('bilinear resize', [[2, 3, 3, 2]], (tf, x) => tf.image.resizeBilinear(images(x), [6, 7])),
];

function fiveAxes(t: Tensor): Tensor<Rank.R5> {
  return t.as5D(t.shape[0] ?? 1, t.shape[1] ?? 1, t.shape[2] ?? 1, t.shape[3] ?? 1, t.shape[4] ?? 1);
}
