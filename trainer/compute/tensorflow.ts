import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { registerChainedOps } from './chained-ops.ts';

export type TensorFlow = Omit<typeof core, 'default'> & Omit<typeof layers, 'default'>;

registerChainedOps(core);

/**
 * The one copy of tfjs in this process, handed to programs as `tf`.
 * Kernels, gradients and the engine are registered in module state, so a program that imported its own copy would find
 * no backend there; it must use this one. (The Node entry of tfjs-core registers all gradients by itself.)
 */
export const tensorflow: TensorFlow = { ...core, ...layers };
