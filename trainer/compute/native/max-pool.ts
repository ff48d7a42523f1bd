import type { MaxPoolAttrs, MaxPoolGradAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { isDifferentiated, kernelTensor, kernelTensors, nativeBackend } from '../tfjs-internals.ts';
import type { NativeAttribute } from '../tfjs-internals.ts';

type Window = Pick<MaxPoolAttrs, 'filterSize' | 'strides' | 'pad'>;

/** By the data of the maxima: what the gradient needs, from the forward pass on until the gradient or `endPass`. */
const placesOf = new Map<object, Tensor>();

/**
 * Max pooling by oneDNN. TensorFlow gives it to the ops of a graph; single ops, as tfjs runs them, get a kernel whose gradient
 * takes many times as long (docs/decisions/020). Values and gradients are the same: dy goes to the first maximum of a
 * window.
 *
 *     x [batch, inHeight, inWidth, channels] -> [batch, outHeight, outWidth, channels]
 */
export function maxPool(
  input: InputTensors,
  attributes: MaxPoolAttrs,
  { inputs, shipped }: KernelContext,
): Tensor {
  const x = input<Rank.R4>('x');
  if (!oneDnnCan(x, attributes)) return shipped(inputs, attributes);
  const { maxima, places } = pool(x, attributes);
  if (isDifferentiated()) placesOf.set(maxima.dataId, tf.keep(places));
  return maxima;
}

/** Its gradient. Where the forward pass kept no places, they are found again. */
export function maxPoolGrad(
  input: InputTensors,
  attributes: MaxPoolGradAttrs,
  { inputs, shipped }: KernelContext,
): Tensor {
  const [x, y, dy] = [input<Rank.R4>('input'), input<Rank.R4>('output'), input<Rank.R4>('dy')];
  if (!oneDnnCan(x, attributes)) return shipped(inputs, attributes);
  const kept = placesOf.get(y.dataId);
  const { maxima, places } = kept === undefined ? pool(x, attributes) : { maxima: y, places: kept };
  const dx = kernelTensor(
    nativeBackend(tf.backend()).executeSingleOutput('_MklNativeMaxPoolGrad', poolAttributes(attributes), [
      x,
      maxima,
      dy,
      places,
    ]),
  );
  kept?.dispose();
  placesOf.delete(y.dataId);
  return dx;
}

/** See `Backend`. */
export function endPass(): void {
  for (const places of placesOf.values()) places.dispose();
  placesOf.clear();
}

interface Pooled {
  readonly maxima: Tensor;
  /** Of each maximum in its window: bytes that only oneDNN reads. */
  readonly places: Tensor;
}

function pool(x: Tensor, window: Window): Pooled {
  const [maxima, places] = kernelTensors(
    nativeBackend(tf.backend()).executeMultipleOutputs('_MklNativeMaxPool', poolAttributes(window), [x], 2),
  );
  if (maxima === undefined || places === undefined) throw new TypeError('max pooling has two results');
  return { maxima, places };
}

function poolAttributes({ filterSize, strides, pad }: Window): readonly NativeAttribute[] {
  const kinds = nativeBackend(tf.backend()).binding;
  return [
    { name: 'T', type: kinds.TF_ATTR_TYPE, value: kinds.TF_FLOAT },
    { name: 'ksize', type: kinds.TF_ATTR_INT, value: fourAxes(filterSize) },
    { name: 'strides', type: kinds.TF_ATTR_INT, value: fourAxes(strides) },
    { name: 'padding', type: kinds.TF_ATTR_STRING, value: String(pad).toUpperCase() },
    { name: 'workspace_enabled', type: kinds.TF_ATTR_BOOL, value: true },
    // Which of the op's kernels: the one for tensors in TensorFlow's own layout.
    { name: '_kernel', type: kinds.TF_ATTR_STRING, value: 'MklNameChangeOp' },
  ];
}

function fourAxes(size: [number, number] | number): number[] {
  const [height, width] = pair(size);
  return [1, height, width, 1];
}

function pair(size: [number, number] | number): [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** oneDNN takes no window that is larger than the image. */
function oneDnnCan({ shape, size, dtype }: Tensor<Rank.R4>, { filterSize, pad }: Window): boolean {
  const [height, width] = pair(filterSize);
  return (
    size > 0 &&
    dtype === 'float32' &&
    (pad === 'same' || pad === 'valid') &&
    height <= shape[1] &&
    width <= shape[2] &&
    isThere()
  );
}

let there: boolean | undefined;

/** tfjs-node's words for TensorFlow's code of an op, or a kernel of it, that does not exist. */
const NOT_FOUND = /^Error: Invalid TF_Status: 5\b/;

/** A TensorFlow may have been built without oneDNN, and `TF_ENABLE_ONEDNN_OPTS=0` asks for none. */
function isThere(): boolean {
  if (process.env['TF_ENABLE_ONEDNN_OPTS'] === '0') return false;
  there ??= tf.tidy(() => {
    try {
      pool(tf.zeros([1, 1, 1, 1]), { filterSize: 1, strides: 1, pad: 'valid' });
      return true;
    } catch (error) {
      if (NOT_FOUND.test(String(error))) return false;
      throw error;
    }
  });
  return there;
}
