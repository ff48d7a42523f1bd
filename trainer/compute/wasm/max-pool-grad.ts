import type { backend_util as BackendUtil, MaxPoolGradAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { allocateFloats, heapFloats } from './heap.ts';

type PoolWindow = ReturnType<typeof BackendUtil.computePool2DInfo>;

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
  scatterToMaxima(heapFloats(backend, x), heapFloats(backend, dy), window, gradient);
  return dx;
}

function scatterToMaxima(x: Float32Array, dy: Float32Array, window: PoolWindow, dx: Float32Array): void {
  const { batchSize, inChannels: channels, outHeight, outWidth } = window;
  const pixels = new Int32Array(window.filterHeight * window.filterWidth);
  let source = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++) {
        const count = pixelsInside(window, image, row, column, pixels);
        for (let channel = 0; channel < channels; channel++, source++) {
          let best = -Infinity;
          let place = -1;
          for (let i = 0; i < count; i++) {
            const at = pixels[i]! + channel;
            const value = x[at]!;
            if (value > best) {
              best = value;
              place = at;
            }
          }
          // No maximum: all NaN or -Infinity. As the cpu backend does, such a window passes nothing on.
          if (place >= 0) dx[place]! += dy[source]!;
        }
      }
    }
  }
}

/** Writes the offsets (of channel 0) of the window's pixels that lie inside the image, and returns how many. */
function pixelsInside(
  window: PoolWindow,
  image: number,
  outRow: number,
  outColumn: number,
  pixels: Int32Array,
): number {
  const { inHeight, inWidth, inChannels } = window;
  const top = outRow * window.strideHeight - window.padInfo.top;
  const left = outColumn * window.strideWidth - window.padInfo.left;
  let count = 0;
  for (let row = Math.max(0, top); row < Math.min(inHeight, top + window.filterHeight); row++) {
    for (let column = Math.max(0, left); column < Math.min(inWidth, left + window.filterWidth); column++) {
      pixels[count++] = ((image * inHeight + row) * inWidth + column) * inChannels;
    }
  }
  return count;
}
