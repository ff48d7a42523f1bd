// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
import { at } from './floats';

/**
 * Sends each output gradient to the first maximum of its window; a window of NaN or -Infinity alone passes nothing on.
 * Four channels at a time, without branches on the data (which no processor could predict).
 */
export function maxPoolGradient(
  image: usize,
  gradient: usize,
  out: usize,
  images: i32,
  inHeight: i32,
  inWidth: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32, // padding
  left: i32,
): void {
  memory.fill(out, 0, (<usize>(images * inHeight * inWidth * channels)) << 2);
  let dy = gradient;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < outHeight; y++) {
      const y0 = max(0, y * strideHeight - top);
      const height = min(inHeight, y * strideHeight - top + filterHeight) - y0;
      for (let x = 0; x < outWidth; x++) {
        const x0 = max(0, x * strideWidth - left);
        const width = min(inWidth, x * strideWidth - left + filterWidth) - x0;
        const start = ((n * inHeight + y0) * inWidth + x0) * channels;
        const rowBytes = (<usize>(inWidth * channels)) << 2;
        const pixelBytes = (<usize>channels) << 2;
        let channel = 0;
        for (; channel + 4 <= channels; channel += 4, dy += 16) {
          scatter4(
            at(image, start + channel),
            at(out, start + channel),
            dy,
            height,
            width,
            rowBytes,
            pixelBytes,
          );
        }
        for (; channel < channels; channel++, dy += 4) {
          scatter1(
            at(image, start + channel),
            at(out, start + channel),
            dy,
            height,
            width,
            rowBytes,
            pixelBytes,
          );
        }
      }
    }
  }
}

function scatter4(
  image: usize,
  out: usize,
  dy: usize,
  height: i32,
  width: i32,
  rowBytes: usize,
  pixelBytes: usize,
): void {
  let best = f32x4.splat(-Infinity);
  let place = i32x4.splat(-1);
  for (let row = 0, index = 0; row < height; row++) {
    for (let column = 0; column < width; column++, index++) {
      const value = v128.load(image + row * rowBytes + column * pixelBytes);
      const greater = f32x4.gt(value, best);
      best = v128.bitselect(value, best, greater);
      place = v128.bitselect(i32x4.splat(index), place, greater);
    }
  }
  const gradient = v128.load(dy);
  for (let row = 0, index = 0; row < height; row++) {
    for (let column = 0; column < width; column++, index++) {
      const target = out + row * rowBytes + column * pixelBytes;
      const share = v128.and(gradient, i32x4.eq(place, i32x4.splat(index)));
      v128.store(target, f32x4.add(v128.load(target), share));
    }
  }
}

function scatter1(
  image: usize,
  out: usize,
  dy: usize,
  height: i32,
  width: i32,
  rowBytes: usize,
  pixelBytes: usize,
): void {
  let best: f32 = -Infinity;
  let place: usize = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const offset = row * rowBytes + column * pixelBytes;
      const value = f32.load(image + offset);
      if (value > best) {
        best = value;
        place = out + offset;
      }
    }
  }
  if (place != 0) f32.store(place, f32.load(place) + f32.load(dy));
}
