/** The geometry of a 2-d convolution or pooling; a structural part of tfjs's `Conv2DInfo`. */
export interface Window2d {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly padInfo: { readonly top: number; readonly left: number };
}

/**
 * Unfolds images so that the gradient of a convolution's filter is one matrix product (im2col, transposed).
 *
 *     planes   [inChannels, images, inHeight, inWidth]
 *     out      [filterHeight, filterWidth, inChannels, images, outHeight, outWidth]
 *     out[ky, kx, c, n, y, x] = planes[c, n, y*strideHeight + ky - top, x*strideWidth + kx - left], 0 outside the image
 */
export function unfold(planes: Float32Array, images: number, window: Window2d, out: Float32Array): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = window;
  const { top, left } = window.padInfo;
  let target = 0;
  for (let ky = 0; ky < window.filterHeight; ky++) {
    for (let kx = 0; kx < window.filterWidth; kx++) {
      const shift = kx - left;
      const first = Math.min(outWidth, Math.max(0, Math.ceil(-shift / strideWidth)));
      const end = Math.min(outWidth, Math.max(first, Math.ceil((inWidth - shift) / strideWidth)));
      for (let plane = 0; plane < inChannels * images; plane++) {
        for (let y = 0; y < outHeight; y++, target += outWidth) {
          const row = y * strideHeight + ky - top;
          if (row < 0 || row >= inHeight || first === end) {
            out.fill(0, target, target + outWidth);
            continue;
          }
          let source = (plane * inHeight + row) * inWidth + first * strideWidth + shift;
          let x = target;
          while (x < target + first) out[x++] = 0;
          for (; x < target + end; source += strideWidth) out[x++] = planes[source]!;
          while (x < target + outWidth) out[x++] = 0;
        }
      }
    }
  }
}
