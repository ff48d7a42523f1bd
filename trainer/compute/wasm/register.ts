import { tensorflow as tf } from '../tensorflow.ts';
import { batchMatMulOver } from './batch-mat-mul.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInput } from './conv2d-backprop-input.ts';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.ts';
import { depthwiseBackpropInput } from './depthwise-backprop-input.ts';
import { maxPoolGrad } from './max-pool-grad.ts';
import { refuseWrongKernels } from './refused-kernels.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';
import { replaceKernel } from './wasm-kernel.ts';

let registered = false;

/** Makes the wasm backend fit for training: adds what it lacks, replaces what is slow or wrong. Once per process. */
export function registerTrainingKernels(): void {
  if (registered) return;
  registered = true;
  replaceKernel('BatchMatMul', batchMatMulOver(tf.getKernel('BatchMatMul', 'wasm')));
  replaceKernel('Conv2DBackpropFilter', conv2dBackpropFilter);
  replaceKernel('Conv2DBackpropInput', conv2dBackpropInput);
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseBackpropFilter);
  replaceKernel('DepthwiseConv2dNativeBackpropInput', depthwiseBackpropInput);
  replaceKernel('MaxPoolGrad', maxPoolGrad);
  replaceKernel('UnsortedSegmentSum', unsortedSegmentSum);
  refuseWrongKernels();
}
