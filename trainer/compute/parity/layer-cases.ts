import type { LayerCase } from './gradient-case.ts';

export const LAYER_CASES: readonly LayerCase[] = [
  { name: 'dense', inputShape: [5, 7], create: (tf) => tf.layers.dense({ units: 3, activation: 'relu' }) },
  { name: 'dense over a sequence', inputShape: [2, 4, 7], create: (tf) => tf.layers.dense({ units: 3 }) },
  {
    name: 'conv2d',
    inputShape: [3, 8, 7, 2],
    create: (tf) => tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
  },
  {
    name: 'conv2d strided',
    inputShape: [3, 8, 7, 2],
    create: (tf) => tf.layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 1], activation: 'tanh' }),
  },
  {
    name: 'conv2dTranspose',
    inputShape: [2, 4, 5, 3],
    create: (tf) => tf.layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
  },
  {
    name: 'conv1d',
    inputShape: [3, 9, 2],
    create: (tf) =>
      tf.layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'elu' }),
  },
  {
    name: 'depthwiseConv2d',
    inputShape: [2, 6, 6, 3],
    create: (tf) => tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  },
  {
    name: 'separableConv2d',
    inputShape: [2, 6, 7, 3],
    create: (tf) => tf.layers.separableConv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
  },
  { name: 'maxPooling2d', inputShape: [2, 7, 6, 3], create: (tf) => tf.layers.maxPooling2d({ poolSize: 2 }) },
  {
    name: 'averagePooling2d',
    inputShape: [2, 7, 6, 3],
    create: (tf) => tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  },
  {
    name: 'maxPooling1d',
    inputShape: [2, 9, 3],
    create: (tf) => tf.layers.maxPooling1d({ poolSize: 3, strides: 2 }),
  },
  {
    name: 'globalAveragePooling2d',
    inputShape: [2, 5, 4, 3],
    create: (tf) => tf.layers.globalAveragePooling2d({}),
  },
  { name: 'globalMaxPooling2d', inputShape: [2, 5, 4, 3], create: (tf) => tf.layers.globalMaxPooling2d({}) },
  {
    name: 'upSampling2d',
    inputShape: [2, 3, 4, 2],
    create: (tf) => tf.layers.upSampling2d({ size: [2, 2] }),
  },
  {
    name: 'zeroPadding2d',
    inputShape: [2, 3, 4, 2],
    create: (tf) => tf.layers.zeroPadding2d({ padding: 1 }),
  },
  { name: 'flatten', inputShape: [2, 3, 4], create: (tf) => tf.layers.flatten() },
  { name: 'batchNormalization', inputShape: [6, 4, 3], create: (tf) => tf.layers.batchNormalization({}) },
  {
    name: 'batchNormalization of images',
    inputShape: [4, 5, 5, 3],
    create: (tf) => tf.layers.batchNormalization({}),
  },
  { name: 'layerNormalization', inputShape: [4, 9], create: (tf) => tf.layers.layerNormalization() },
  { name: 'dropout', inputShape: [6, 8], create: (tf) => tf.layers.dropout({ rate: 0.4, seed: 5 }) },
  {
    name: 'embedding',
    inputShape: [3, 6],
    integersBelow: 7,
    create: (tf) => tf.layers.embedding({ inputDim: 7, outputDim: 4 }),
  },
  { name: 'simpleRNN', inputShape: [3, 5, 4], create: (tf) => tf.layers.simpleRNN({ units: 6 }) },
  { name: 'lstm', inputShape: [3, 5, 4], create: (tf) => tf.layers.lstm({ units: 6 }) },
  {
    name: 'lstm sequences',
    inputShape: [3, 5, 4],
    create: (tf) => tf.layers.lstm({ units: 3, returnSequences: true }),
  },
  { name: 'gru', inputShape: [3, 5, 4], create: (tf) => tf.layers.gru({ units: 6 }) },
  { name: 'prelu', inputShape: [3, 5], create: (tf) => tf.layers.prelu({}) },
  { name: 'leakyReLU', inputShape: [3, 5], create: (tf) => tf.layers.leakyReLU({}) },
];
