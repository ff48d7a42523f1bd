import util from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { BackendUnavailableError } from './backend-unavailable-error.ts';
import type { Backend } from './backend.ts';
import { nativeEnvironment } from './native-environment.ts';
import { batchMatMul } from './native/batch-mat-mul.ts';
import { registerCrossEntropy } from './native/cross-entropy.ts';
import { endPass, maxPool, maxPoolGrad } from './native/max-pool.ts';
import { readInto } from './native/read-into.ts';
import { registerReluGradient } from './native/relu-grad.ts';
import { reshape } from './native/reshape.ts';
import { sum } from './native/sum.ts';
import { replaceKernel } from './own-kernel.ts';
import { tensorflow as tf } from './tensorflow.ts';
import { nativeBackend } from './tfjs-internals.ts';

const REMEDY = 'build it with `make native`';

/**
 * TensorFlow's C library through the addon of tfjs-node-gpu (the same JavaScript drives CPU and GPU builds of it).
 * Only one thread of a process may open it: a second copy of the addon shares its global state and crashes.
 */
export async function openNative(threads: number): Promise<Backend> {
  if (isMainThread) Object.assign(process.env, nativeEnvironment(threads));
  await loadNative();
  if (!(await tf.setBackend('tensorflow'))) {
    throw new BackendUnavailableError('native', 'TensorFlow refused to start', REMEDY);
  }
  const { binding, isUsingGpuDevice, tensorMap } = nativeBackend(tf.backend());
  registerOnce(isUsingGpuDevice);
  const device = isUsingGpuDevice ? 'GPU' : threadWords(process.env['TF_NUM_INTRAOP_THREADS']);
  return {
    name: 'native',
    tf,
    description: `native (TensorFlow ${binding.TF_Version}, ${device})`,
    // What was never given to TensorFlow is read from where it was made.
    readsCopyOf: ({ dataId }) => tensorMap.get(dataId).values === null,
    // But for what is not aligned as TensorFlow wants it, and copied.
    readsInPlace: true,
    ...(!isUsingGpuDevice && { readInto }),
    endPass,
  };
}

/**
 * Loads the library, which takes most of the time that it takes to open it; a second call waits for the first.
 * @throws {BackendUnavailableError}
 */
export async function loadNative(): Promise<void> {
  replaceOldUtilFunctions();
  try {
    await import('@tensorflow/tfjs-node-gpu');
  } catch (error) {
    throw new BackendUnavailableError('native', firstLine(error), REMEDY, { cause: error });
  }
}

let registered = false;

function registerOnce(usesGpu: boolean): void {
  if (registered) return;
  registered = true;
  registerReluGradient();
  registerCrossEntropy();
  replaceKernel('tensorflow', 'Reshape', reshape);
  if (usesGpu) return;
  replaceKernel('tensorflow', 'BatchMatMul', batchMatMul);
  replaceKernel('tensorflow', 'MaxPool', maxPool);
  replaceKernel('tensorflow', 'MaxPoolGrad', maxPoolGrad);
  replaceKernel('tensorflow', 'Sum', sum);
}

/** tfjs-node 4.22 calls two functions that Node 22 warns of, at each worker's start, and Node 23 removed from `util`. */
function replaceOldUtilFunctions(): void {
  const old = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  };
  Object.assign(util, old);
}

function threadWords(count: string | undefined): string {
  if (count === undefined) return 'as many threads as cores';
  return count === '1' ? '1 thread' : `${count} threads`;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]?.trim() ?? message;
}
