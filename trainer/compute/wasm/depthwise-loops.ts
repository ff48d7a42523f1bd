import type { backend_util as BackendUtil } from '@tensorflow/tfjs-core';

export type DepthwiseWindow = ReturnType<typeof BackendUtil.computeConv2DInfo>;

/**
 * Visits every (input pixel, filter tap, output pixel) triple of a depthwise convolution that lies inside the image.
 * The offsets point at the first channel of each: inChannels, inChannels*multiplier, inChannels*multiplier long.
 */
export function forEachTap(
  window: DepthwiseWindow,
  visit: (inputOffset: number, filterOffset: number, outputOffset: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = window;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = window;
  for (let image = 0; image < batchSize; image++) {
    for (let y = 0; y < outHeight; y++) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const row = y * strideHeight + ky * dilationHeight - window.padInfo.top;
        if (row < 0 || row >= inHeight) continue;
        for (let x = 0; x < outWidth; x++) {
          for (let kx = 0; kx < filterWidth; kx++) {
            const column = x * strideWidth + kx * dilationWidth - window.padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            visit(
              ((image * inHeight + row) * inWidth + column) * inChannels,
              (ky * filterWidth + kx) * outChannels,
              ((image * outHeight + y) * outWidth + x) * outChannels,
            );
          }
        }
      }
    }
  }
}
