import { replaceKernel } from '../own-kernel.ts';

/** Training needs a kernel that the wasm backend only has in a wrong form. */
class UnsupportedKernelError extends Error {
  readonly code = 'UNSUPPORTED_KERNEL';
  readonly kernel: string;

  constructor(kernel: string, defect: string) {
    super(
      `${kernel} is not available on the wasm backend (${defect}); run this program on the native backend`,
    );
    this.name = 'UnsupportedKernelError';
    this.kernel = kernel;
  }
}

const NOT_POSITIVE = "tfjs computes it wrongly where a window's maximum is not positive";
const WRONG_GRADIENT = 'tfjs computes this gradient wrongly';

/** Kernels whose shipped implementation gives wrong numbers. Nothing built in uses them: refused, not replaced. */
const WRONG_KERNELS: Readonly<Record<string, string>> = {
  Conv3DBackpropFilterV2: WRONG_GRADIENT,
  Conv3DBackpropInputV2: WRONG_GRADIENT,
  Dilation2D: NOT_POSITIVE,
  Dilation2DBackpropFilter: NOT_POSITIVE,
  Dilation2DBackpropInput: NOT_POSITIVE,
  MaxPool3D: NOT_POSITIVE,
  MaxPool3DGrad: NOT_POSITIVE,
  MaxPoolWithArgmax: NOT_POSITIVE,
};

export function refuseWrongKernels(): void {
  for (const [kernel, defect] of Object.entries(WRONG_KERNELS)) {
    replaceKernel('wasm', kernel, () => {
      throw new UnsupportedKernelError(kernel, defect);
    });
  }
}
