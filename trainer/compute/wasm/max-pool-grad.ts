import type { MaxPoolGradAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import type { Window2d } from './unfold.ts';
import { allocateFloats, heapFloats } from './heap.ts';
import type { InputTensors, KernelContext } from '../own-kernel.ts';

/**
 * The gradient of max pooling: dy goes to the first maximum of each window. The shipped kernel starts its search at the
 * smallest positive float, so it is wrong wherever a window's maximum is not positive.
 *
 *     input, result [batch, inHeight, inWidth, channels], dy [batch, outHeight, outWidth, channels]
 */
export function maxPoolGrad(
  input: InputTensors,
  attributes: MaxPoolGradAttrs,
  { backend }: KernelContext,
): Tensor {
  const [x, dy] = [input<Rank.R4>('input'), input<Rank.R4>('dy')];
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const window = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const dx = allocateFloats(backend, x.shape);
  const gradient = heapFloats(backend, dx).fill(0);
  scatterToMaxima(heapFloats(backend, x), heapFloats(backend, dy), x.shape[0], window, gradient);
  return dx;
}

function scatterToMaxima(
  x: Float32Array,
  dy: Float32Array,
  images: number,
  window: Window2d,
  dx: Float32Array,
): void {
  const { inHeight, inWidth, inChannels: channels, outHeight, outWidth } = window;
  let source = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < outHeight; y++) {
      const top = y * window.strideHeight - window.padInfo.top;
      const [rowFrom, rowTo] = [Math.max(0, top), Math.min(inHeight, top + window.filterHeight)];
      for (let xOut = 0; xOut < outWidth; xOut++) {
        const left = xOut * window.strideWidth - window.padInfo.left;
        const [columnFrom, columnTo] = [Math.max(0, left), Math.min(inWidth, left + window.filterWidth)];
        for (let channel = 0; channel < channels; channel++) {
          let best = -Infinity;
          let place = -1;
          for (let row = rowFrom; row < rowTo; row++) {
            const line = ((image * inHeight + row) * inWidth + columnFrom) * channels + channel;
            for (let at = line, end = line + (columnTo - columnFrom) * channels; at < end; at += channels) {
              const value = x[at]!;
              if (value > best) {
                best = value;
                place = at;
              }
            }
          }
          // No maximum: all NaN or -Infinity. As the cpu backend does, such a window passes nothing on.
          if (place >= 0) dx[place]! += dy[source]!;
          source++;
        }
      }
    }
  }
}
