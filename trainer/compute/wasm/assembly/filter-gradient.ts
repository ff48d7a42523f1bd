// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
import { at } from './floats';

/**
 * The gradient of a convolution's filter. One row of output gradients (outWidth by `columns`) and the row of image values
 * that a filter row met form a small matrix product, summed over all rows in place.
 *
 *     out[filterHeight][rows][columns] += sum over images, y, x of
 *       image[n, y*strideHeight + ky, x*step + row] * gradient[n, y, x, column]
 *
 * `rows` and `columns` are multiples of 4, so tiles of 4 by 8 (or 4) fit; the surplus holds values without meaning.
 * The image must be readable for 3 values beyond its end.
 */
export function filterGradient(
  image: usize,
  gradient: usize,
  out: usize,
  images: i32,
  inHeight: i32,
  inRow: i32, // values of one row of pixels
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  rows: i32,
  columns: i32,
  strideHeight: i32,
  step: i32, // values between neighbouring windows of a row
): void {
  memory.fill(out, 0, (<usize>(filterHeight * rows * columns)) << 2);
  for (let ky = 0; ky < filterHeight; ky++) {
    const sums = at(out, ky * rows * columns);
    for (let n = 0; n < images; n++) {
      for (let y = 0; y < outHeight; y++) {
        const a = at(image, (n * inHeight + y * strideHeight + ky) * inRow);
        const b = at(gradient, (n * outHeight + y) * outWidth * columns);
        for (let row = 0; row < rows; row += 4) {
          let column = 0;
          for (; column + 8 <= columns; column += 8) {
            addTile8(at(a, row), at(b, column), at(sums, row * columns + column), outWidth, columns, step);
          }
          if (column < columns) {
            addTile4(at(a, row), at(b, column), at(sums, row * columns + column), outWidth, columns, step);
          }
        }
      }
    }
  }
}

/** 4 rows by 8 columns of sums, over `length` pairs. */
function addTile8(a: usize, b: usize, sums: usize, length: i32, columns: i32, step: i32): void {
  const columnBytes = (<usize>columns) << 2;
  const stepBytes = (<usize>step) << 2;
  const c1 = sums + columnBytes;
  const c2 = c1 + columnBytes;
  const c3 = c2 + columnBytes;
  let s00 = v128.load(sums),
    s01 = v128.load(sums, 16);
  let s10 = v128.load(c1),
    s11 = v128.load(c1, 16);
  let s20 = v128.load(c2),
    s21 = v128.load(c2, 16);
  let s30 = v128.load(c3),
    s31 = v128.load(c3, 16);
  for (; length != 0; length--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    const a1 = v128.load32_splat(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    const a2 = v128.load32_splat(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(a2, b0));
    s21 = f32x4.add(s21, f32x4.mul(a2, b1));
    const a3 = v128.load32_splat(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(a3, b0));
    s31 = f32x4.add(s31, f32x4.mul(a3, b1));
    a += stepBytes;
    b += columnBytes;
  }
  v128.store(sums, s00);
  v128.store(sums, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** 4 rows by 4 columns of sums, over `length` pairs. */
function addTile4(a: usize, b: usize, sums: usize, length: i32, columns: i32, step: i32): void {
  const columnBytes = (<usize>columns) << 2;
  const stepBytes = (<usize>step) << 2;
  const c1 = sums + columnBytes;
  const c2 = c1 + columnBytes;
  const c3 = c2 + columnBytes;
  let s0 = v128.load(sums),
    s1 = v128.load(c1),
    s2 = v128.load(c2),
    s3 = v128.load(c3);
  for (; length != 0; length--) {
    const b0 = v128.load(b);
    s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(a), b0));
    s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(a, 4), b0));
    s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(a, 8), b0));
    s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(a, 12), b0));
    a += stepBytes;
    b += columnBytes;
  }
  v128.store(sums, s0);
  v128.store(c1, s1);
  v128.store(c2, s2);
  v128.store(c3, s3);
}
