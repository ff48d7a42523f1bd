import { version_cpu as version } from '@tensorflow/tfjs-backend-cpu';
import type { Backend } from './backend.ts';
import { tensorflow as tf } from './tensorflow.ts';
import { averagePool3dGrad, averagePoolGrad } from './average-pool-grad.ts';
import { replaceKernel } from './own-kernel.ts';
import { resizeNearestGrad } from './resize-nearest-grad.ts';
import { silenceAdvertisement } from './tfjs-internals.ts';

/** Plain JavaScript: always there, some 20 to 200 times slower than native. The reference for parity tests. */
export async function openCpu(): Promise<Backend> {
  await tf.setBackend('cpu');
  silenceAdvertisement(tf.backend());
  repairKernels();
  // The values of a tensor are the tensor itself.
  const readsCopyOf = () => false;
  const description = `cpu (plain JavaScript, tfjs ${version})`;
  return { name: 'cpu', tf, description, readsCopyOf, readsInPlace: false };
}

let repaired = false;

function repairKernels(): void {
  if (repaired) return;
  repaired = true;
  replaceKernel('cpu', 'AvgPoolGrad', averagePoolGrad);
  replaceKernel('cpu', 'AvgPool3DGrad', averagePool3dGrad);
  replaceKernel('cpu', 'ResizeNearestNeighborGrad', resizeNearestGrad);
}
