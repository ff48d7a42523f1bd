import { replaceKernel } from './wasm-kernel.ts';

/**
 * Kernels whose shipped implementation gives wrong numbers where a window's maximum is not positive (the search starts
 * at the smallest positive float). Nothing here uses them, so they are refused rather than replaced.
 */
const WRONG_KERNELS = [
  'Dilation2D',
  'Dilation2DBackpropFilter',
  'Dilation2DBackpropInput',
  'MaxPool3D',
  'MaxPool3DGrad',
  'MaxPoolWithArgmax',
];

export function refuseWrongKernels(): void {
  for (const name of WRONG_KERNELS) {
    replaceKernel(name, () => {
      throw new Error(
        `${name} gives wrong results on the wasm backend of tfjs; train this model on the native backend`,
      );
    });
  }
}
