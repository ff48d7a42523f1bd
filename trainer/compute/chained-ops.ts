import type * as TfjsCore from '@tensorflow/tfjs-core';
import { imageOpsByName, opsByName, tensorPrototype } from './tfjs-internals.ts';
import type { Op } from './tfjs-internals.ts';

/** Ops whose method has the function's name and takes the remaining arguments in the same order. */
const SAME_NAME = `
  abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND broadcastTo ceil
  clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d dilation2d div divNoNan
  dot elu equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv gather greater greaterEqual ifft irfft isFinite
  isInf isNaN leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd
  logicalNot logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul neg norm notEqual oneHot
  onesLike pad pool pow prelu prod reciprocal relu relu6 reshape reverse rfft round rsqrt selu separableConv2d sigmoid
  sign sin sinh slice softmax softplus spaceToBatchND split sqrt square squaredDifference squeeze step stridedSlice sub
  sum tan tanh tile topk transpose unique unsortedSegmentSum unstack zerosLike`
  .trim()
  .split(/\s+/);

interface Self {
  readonly size: number;
  throwIfDisposed(): void;
}

/**
 * Puts the chained ops (`x.add(y)`) on `Tensor`. In tfjs 4 only the umbrella package does so, and its ESM road would
 * bring a second tfjs-core. Where the umbrella is loaded too (by the native backend) it overwrites these with equals.
 */
export function registerChainedOps(core: typeof TfjsCore): void {
  const prototype = tensorPrototype(core);
  const define = (name: string, method: (self: Self, args: unknown[]) => unknown): void => {
    prototype[name] = function chained(this: Self, ...args: unknown[]): unknown {
      this.throwIfDisposed();
      return method(this, args);
    };
  };
  const op = (name: string): Op => {
    const found = opsByName(core)[name] ?? imageOpsByName(core)[name];
    if (found === undefined)
      throw new Error(`this tfjs-core has no op '${name}': it is not the pinned version`);
    return found;
  };

  for (const name of SAME_NAME) {
    const run = op(name);
    define(name, (self, args) => run(self, ...args));
  }
  const [cast, concat, reshape, stack, where] = [
    op('cast'),
    op('concat'),
    op('reshape'),
    op('stack'),
    op('where'),
  ];
  define('asType', (self, args) => cast(self, ...args));
  define('toBool', (self) => cast(self, 'bool'));
  define('toFloat', (self) => cast(self, 'float32'));
  define('toInt', (self) => cast(self, 'int32'));
  define('asScalar', (self) => reshape(self, []));
  define('flatten', (self) => reshape(self, [self.size]));
  define('as1D', (self) => reshape(self, [self.size]));
  for (const name of ['as2D', 'as3D', 'as4D', 'as5D']) define(name, (self, shape) => reshape(self, shape));
  define('reshapeAs', (self, [other]) => reshape(self, shapeOf(other)));
  define('concat', (self, [others, axis]) => concat([self, ...[others].flat()], axis));
  define('stack', (self, [others, axis]) => stack([self, ...[others].flat()], axis));
  define('where', (self, [condition, other]) => where(condition, self, other));
  for (const name of ['resizeBilinear', 'resizeNearestNeighbor']) {
    const run = op(name);
    define(name, (self, args) => run(self, ...args));
  }
}

function shapeOf(tensor: unknown): unknown {
  return typeof tensor === 'object' && tensor !== null && 'shape' in tensor ? tensor.shape : undefined;
}
