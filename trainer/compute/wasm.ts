import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { BackendUnavailableError } from './backend-unavailable-error.ts';
import type { Backend } from './backend.ts';
import { tensorflow as tf } from './tensorflow.ts';
import { registerTrainingKernels } from './wasm/register.ts';

/** tfjs's WebAssembly backend: SIMD, one thread (its threads do not work under Node). */
export async function openWasm(): Promise<Backend> {
  const about = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  setWasmPaths(join(dirname(about), 'dist/'));
  if (!(await tf.setBackend('wasm'))) {
    throw new BackendUnavailableError(
      'wasm',
      'tfjs could not start its WebAssembly module',
      'reinstall the dependencies with `npm ci`',
    );
  }
  await registerTrainingKernels();
  const readsCopyOf = () => true;
  const description = 'wasm (WebAssembly SIMD, 1 thread)';
  return { name: 'wasm', tf, description, readsCopyOf, readsInPlace: false };
}
