import { averagePool3dGrad, averagePoolGrad } from '../average-pool-grad.ts';
import { replaceKernel } from '../own-kernel.ts';
import { batchMatMul } from './batch-mat-mul.ts';
import { conv2d } from './conv2d.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInput } from './conv2d-backprop-input.ts';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.ts';
import { depthwiseBackpropInput } from './depthwise-backprop-input.ts';
import { gappedConvolution } from './gapped-convolution.ts';
import { identity } from './identity.ts';
import { maxPoolGrad } from './max-pool-grad.ts';
import { refuseWrongKernels } from './refused-kernels.ts';
import { loadTrainingKernels } from './training-kernels.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';

let registration: Promise<void> | undefined;

/** Makes the wasm backend fit for training: adds what it lacks, replaces what is slow or wrong. Once per process. */
export function registerTrainingKernels(): Promise<void> {
  registration ??= register();
  return registration;
}

async function register(): Promise<void> {
  await loadTrainingKernels();
  replaceKernel('wasm', 'AvgPoolGrad', averagePoolGrad);
  replaceKernel('wasm', 'AvgPool3DGrad', averagePool3dGrad);
  replaceKernel('wasm', 'BatchMatMul', batchMatMul);
  replaceKernel('wasm', 'Conv2D', conv2d);
  replaceKernel('wasm', 'FusedConv2D', gappedConvolution(false));
  replaceKernel('wasm', 'DepthwiseConv2dNative', gappedConvolution(true));
  replaceKernel('wasm', 'FusedDepthwiseConv2D', gappedConvolution(true));
  replaceKernel('wasm', 'Conv2DBackpropFilter', conv2dBackpropFilter);
  replaceKernel('wasm', 'Conv2DBackpropInput', conv2dBackpropInput);
  replaceKernel('wasm', 'DepthwiseConv2dNativeBackpropFilter', depthwiseBackpropFilter);
  replaceKernel('wasm', 'DepthwiseConv2dNativeBackpropInput', depthwiseBackpropInput);
  replaceKernel('wasm', 'Identity', identity);
  replaceKernel('wasm', 'MaxPoolGrad', maxPoolGrad);
  replaceKernel('wasm', 'UnsortedSegmentSum', unsortedSegmentSum);
  refuseWrongKernels();
}
