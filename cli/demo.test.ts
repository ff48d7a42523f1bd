import { describe, expect, test } from '@jest/globals';
import { cli } from './testing/cli-fixture.ts';

describe('terngrad demo', () => {
  test('runs the example twice and puts ternary and float32 side by side', async () => {
    const { exitCode, out, err } = await cli(['demo']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^LeNet on MNIST, 2 workers, one epoch, native TensorFlow\.\n\n +ternary +float32\n/);
    expect(out).toMatch(/^weights of the workers +identical +identical$/m);
    expect(out).toMatch(/^backend: fake \(1 thread\)$/m);
    expect(err).toContain('ternary: 2 workers starting\n');
    expect(err).toContain('float32: 2 workers starting\n');
  });

  test('says that it runs on wasm, and that it is therefore shorter', async () => {
    const { out } = await cli(['demo'], { nativeLoads: false });
    expect(out).toContain('Native TensorFlow is not built here, so this runs on wasm');
    expect(out).toContain('cut to 200 steps instead of one epoch. Build it with `make native`.');
  });

  test('ends with the first run that fails, and says why', async () => {
    const { exitCode, out } = await cli(['demo'], {
      behaviours: { 0: { never: true }, 1: { exitCode: 65 } },
    });
    expect(exitCode).toBe(65);
    expect(out).toContain('mnist-lenet (ternary): Failed (BadData)');
    expect(out).not.toContain('float32 ');
  });
});
