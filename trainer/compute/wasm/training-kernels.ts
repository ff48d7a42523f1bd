import { tensorflow as tf } from '../tensorflow.ts';
import { wasmBackend, wasmExports } from '../tfjs-internals.ts';
import { KERNEL_BINARY_BASE64 } from './kernel-binary.ts';

/** Sizes of a convolution without padding over channels-last images, in pixels and values. */
export type ConvolutionSizes = readonly [
  images: number,
  inHeight: number,
  /** Values in one row of pixels: inWidth * inChannels. */
  inRow: number,
  outHeight: number,
  outWidth: number,
  filterHeight: number,
  /** Values in one row of the filter: filterWidth * inChannels; for `filterGradient` rounded up to a multiple of 4. */
  run: number,
  /** outChannels; for `filterGradient` a multiple of 4. */
  columns: number,
  strideHeight: number,
  /** Values between neighbouring windows of a row: strideWidth * inChannels. */
  step: number,
];

/** The kernels of assembly/, over tfjs's memory. Pointers are byte offsets of float32 arrays. */
export interface TrainingKernels {
  /** Rearranges a filter for `convolve`; `out` takes taps * depth * columns (rounded up to a multiple of 8) values. */
  packFilter(
    filter: number,
    out: number,
    taps: number,
    depth: number,
    columns: number,
    depthStride: number,
    columnStride: number,
    /** Takes the taps in reverse order. */
    flip: boolean,
  ): void;
  convolve(image: number, packed: number, out: number, ...sizes: ConvolutionSizes): void;
  /** Writes [filterHeight][run][columns]. The image must be readable for 3 values beyond its end. */
  filterGradient(image: number, gradient: number, out: number, ...sizes: ConvolutionSizes): void;
  maxPoolGradient(
    image: number,
    gradient: number,
    out: number,
    images: number,
    inHeight: number,
    inWidth: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    top: number,
    left: number,
  ): void;
}

let loaded: TrainingKernels | undefined;

/** Binds the kernels to the memory of the wasm backend, which must be tfjs's current one. */
export async function loadTrainingKernels(): Promise<void> {
  const { memory } = wasmBackend(tf.backend()).wasm.asm;
  const binary = Buffer.from(KERNEL_BINARY_BASE64, 'base64');
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  loaded = wasmExports<TrainingKernels>(instance);
}

export function trainingKernels(): TrainingKernels {
  if (loaded === undefined) throw new Error('the wasm kernels are used before they were loaded');
  return loaded;
}
