import type { Tensor } from '@tensorflow/tfjs-core';
import { BackendUnavailableError } from './backend-unavailable-error.ts';
import type { TensorFlow } from './tensorflow.ts';

export type { TensorFlow } from './tensorflow.ts';

export type BackendName = 'native' | 'wasm' | 'cpu';
export type BackendChoice = 'auto' | BackendName;

export interface Backend {
  readonly name: BackendName;
  /** The one tfjs copy of this process, with this backend set. */
  readonly tf: TensorFlow;
  /** For logs and reports, e.g. `native (TensorFlow 2.18.1, 1 thread)`. */
  readonly description: string;
  /**
   * Copies a tensor's values to `target`, which is as long and may lie in shared memory, where that is faster than by `dataSync`;
   * else returns false and copies nothing.
   */
  readonly readInto?: (tensor: Tensor, target: Float32Array) => boolean;
  /** Whether `dataSync` of this tensor gives a copy that nobody else has. */
  readsCopyOf(tensor: Tensor): boolean;
  /** Whether a tensor reads the array that it is made from where it lies, in shared memory too, for as long as it lives. */
  readonly readsInPlace: boolean;
  /** A forward pass with its backward pass is over: frees what the one kept for the other. */
  readonly endPass?: () => void;
}

export interface OpenedBackend {
  readonly backend: Backend;
  /** Under `auto`: why each faster backend was not taken, one line each with its remedy. */
  readonly notes: string[];
}

/**
 * Begins to load what `openBackend` will need for this choice, and returns at once. What goes wrong here goes wrong there
 * again, and is said there.
 */
export function preloadBackend(choice: unknown): void {
  if (choice === 'native' || choice === 'auto') {
    void import('./native.ts').then(({ loadNative }) => loadNative()).catch(() => undefined);
  } else if (choice === 'wasm') {
    void import('./wasm.ts').catch(() => undefined);
  }
}

/** Fastest first. Loaded on demand: whoever asks for `native` does not pay for the other two. */
const OPENERS: Record<BackendName, (threads: number) => Promise<Backend>> = {
  native: async (threads) => (await import('./native.ts')).openNative(threads),
  wasm: async () => (await import('./wasm.ts')).openWasm(),
  cpu: async () => (await import('./cpu.ts')).openCpu(),
};

/**
 * Opens a compute backend and makes it tfjs's current one. `auto` takes the fastest that opens.
 * `threads` is used by native alone.
 * @throws {BackendUnavailableError} when the named backend does not open.
 */
export async function openBackend(
  choice: BackendChoice,
  options: { threads: number },
): Promise<OpenedBackend> {
  if (choice !== 'auto') return { backend: await OPENERS[choice](options.threads), notes: [] };
  const notes: string[] = [];
  for (const name of ['native', 'wasm'] as const) {
    try {
      return { backend: await OPENERS[name](options.threads), notes };
    } catch (error) {
      if (!(error instanceof BackendUnavailableError)) throw error;
      notes.push(error.message);
    }
  }
  return { backend: await OPENERS.cpu(options.threads), notes };
}
