// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
import { at } from './floats';

/**
 * A convolution without padding. For each output pixel, a row of the filter (filterWidth*inChannels values) meets as many
 * consecutive values of the image: so it is a matrix product that needs no unfolded copy. Tiles of 4 pixels by 8 columns
 * keep 8 sums in registers; `packed` is the filter from `packFilter`.
 */
export function convolve(
  image: usize,
  packed: usize,
  out: usize,
  images: i32,
  inHeight: i32,
  inRow: i32, // values of one row of pixels
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  run: i32, // values of one row of the filter
  columns: i32,
  strideHeight: i32,
  step: i32, // values between neighbouring windows of a row
): void {
  const pixels = images * outHeight * outWidth;
  const rowBytes = (<usize>inRow) << 2;
  const runBytes = (<usize>run) << 2;
  const imageValues = inHeight * inRow;
  for (let panel = 0; panel < columns; panel += 8) {
    const filter = at(packed, panel * filterHeight * run);
    const width = columns - panel;
    for (let first = 0; first < pixels; first += 4) {
      // Past the end the last pixel is computed again and stored twice.
      const p1 = min(first + 1, pixels - 1);
      const p2 = min(first + 2, pixels - 1);
      const p3 = min(first + 3, pixels - 1);
      let r0 = at(image, windowOf(first, outHeight, outWidth, imageValues, strideHeight * inRow, step));
      let r1 = at(image, windowOf(p1, outHeight, outWidth, imageValues, strideHeight * inRow, step));
      let r2 = at(image, windowOf(p2, outHeight, outWidth, imageValues, strideHeight * inRow, step));
      let r3 = at(image, windowOf(p3, outHeight, outWidth, imageValues, strideHeight * inRow, step));
      let s00 = f32x4.splat(0);
      let s01 = s00,
        s10 = s00,
        s11 = s00,
        s20 = s00,
        s21 = s00,
        s30 = s00,
        s31 = s00;
      let b = filter;
      for (let ky = filterHeight; ky != 0; ky--) {
        for (let k: usize = 0; k < runBytes; k += 4) {
          const b0 = v128.load(b);
          const b1 = v128.load(b, 16);
          b += 32;
          const a0 = v128.load32_splat(r0 + k);
          s00 = f32x4.add(s00, f32x4.mul(a0, b0));
          s01 = f32x4.add(s01, f32x4.mul(a0, b1));
          const a1 = v128.load32_splat(r1 + k);
          s10 = f32x4.add(s10, f32x4.mul(a1, b0));
          s11 = f32x4.add(s11, f32x4.mul(a1, b1));
          const a2 = v128.load32_splat(r2 + k);
          s20 = f32x4.add(s20, f32x4.mul(a2, b0));
          s21 = f32x4.add(s21, f32x4.mul(a2, b1));
          const a3 = v128.load32_splat(r3 + k);
          s30 = f32x4.add(s30, f32x4.mul(a3, b0));
          s31 = f32x4.add(s31, f32x4.mul(a3, b1));
        }
        r0 += rowBytes;
        r1 += rowBytes;
        r2 += rowBytes;
        r3 += rowBytes;
      }
      storeColumns(at(out, first * columns + panel), s00, s01, width);
      storeColumns(at(out, p1 * columns + panel), s10, s11, width);
      storeColumns(at(out, p2 * columns + panel), s20, s21, width);
      storeColumns(at(out, p3 * columns + panel), s30, s31, width);
    }
  }
}

/** Where the window of an output pixel begins, in values. */
function windowOf(pixel: i32, outHeight: i32, outWidth: i32, imageValues: i32, rowStep: i32, step: i32): i32 {
  const line = pixel / outWidth;
  const image = line / outHeight;
  return image * imageValues + (line - image * outHeight) * rowStep + (pixel - line * outWidth) * step;
}

/** Stores the first `width` of 8 values. */
function storeColumns(out: usize, low: v128, high: v128, width: i32): void {
  if (width >= 8) {
    v128.store(out, low);
    v128.store(out, high, 16);
    return;
  }
  let rest = low;
  if (width >= 4) {
    v128.store(out, low);
    out += 16;
    width -= 4;
    rest = high;
  }
  if (width > 0) v128.store_lane<f32>(out, rest, 0);
  if (width > 1) v128.store_lane<f32>(out, rest, 1, 4);
  if (width > 2) v128.store_lane<f32>(out, rest, 2, 8);
}
