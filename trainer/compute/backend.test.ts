import { describe, expect, test } from '@jest/globals';
import { BackendUnavailableError } from './backend-unavailable-error.ts';
import { openBackend } from './backend.ts';
import { nativeEnvironment } from './native-environment.ts';

describe('openBackend', () => {
  test.each(['cpu', 'wasm'] as const)('opens %s and makes it current', async (name) => {
    const { backend, notes } = await openBackend(name, { threads: 1 });
    expect(backend.name).toBe(name);
    expect(backend.tf.getBackend()).toBe(name);
    expect(backend.description).toMatch(new RegExp(`^${name} \\(`));
    expect(notes).toEqual([]);
  });

  test('hands out one tfjs: layers and core share an engine, gradients and chained ops are registered', async () => {
    const { tf } = (await openBackend('cpu', { threads: 1 })).backend;
    const layer = tf.layers.dense({ units: 2, useBias: false, kernelInitializer: 'ones' });
    const gradient = tf.grad((x) => {
      const output = layer.apply(x.mul(3));
      if (!(output instanceof tf.Tensor)) throw new TypeError('layers and core are different copies');
      return output.sum();
    })(tf.tensor2d([[1, 2]]));
    expect(Array.from(gradient.dataSync())).toEqual([6, 6]);
    expect(
      Array.from(
        tf
          .tensor1d([1, -2])
          .relu()
          .concat([tf.ones([1])])
          .dataSync(),
      ),
    ).toEqual([1, 0, 1]);
  });
});

test('the error for a backend that does not open names the reason and the remedy', () => {
  const error = new BackendUnavailableError(
    'native',
    'its addon is not built',
    'build it with `make native`',
  );
  expect(error.code).toBe('BACKEND_UNAVAILABLE');
  expect(error.message).toBe(
    'the native backend cannot be opened: its addon is not built; build it with `make native`',
  );
});

describe('nativeEnvironment', () => {
  test('sets the threads and turns oneDNN on', () => {
    expect(nativeEnvironment(3, {})).toMatchObject({
      TF_NUM_INTRAOP_THREADS: '3',
      TF_NUM_INTEROP_THREADS: '3',
      TF_ENABLE_ONEDNN_OPTS: '1',
    });
  });

  test('leaves what the user has set', () => {
    expect(nativeEnvironment(3, { TF_NUM_INTRAOP_THREADS: '8', TF_ENABLE_ONEDNN_OPTS: '0' })).toMatchObject({
      TF_NUM_INTRAOP_THREADS: '8',
      TF_ENABLE_ONEDNN_OPTS: '0',
    });
  });
});
