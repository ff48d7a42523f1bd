import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../data/random.ts';
import { planLayout } from '../ternary/layout.ts';
import { createSmoothOut, type SmoothOutSettings } from './smooth-out.ts';

/** A convolution, its bias, and a dense kernel that is exempt, so that it lies behind the bias. */
const layout = planLayout(
  [
    { name: 'conv/kernel', shape: [3, 3, 2, 4], size: 72 },
    { name: 'conv/bias', shape: [4], size: 4 },
    { name: 'dense/kernel', shape: [50, 6], size: 300 },
  ],
  (_tensor, index) => index === 2,
);
const [convKernel, , denseKernel] = layout.slots;
const at = { step: 3, totalSteps: 10, rank: 1 };

function someWeights(): Float32Array {
  const weights = new Float32Array(layout.values);
  const random = createRandom({ seed: 9, purpose: 'weights' });
  for (const { offset, size } of layout.slots) {
    for (let i = offset; i < offset + size; i++) weights[i] = random.normal();
  }
  return weights;
}

function smoothOut(settings: Partial<SmoothOutSettings> = {}, seed = 1) {
  return createSmoothOut(
    { strength: 0.1, kind: 'uniform', schedule: 'constant', ...settings },
    layout,
    seed,
  )!;
}

function noiseOf(settings: Partial<SmoothOutSettings>, position = at, seed = 1): Float32Array {
  const weights = someWeights();
  return smoothOut(settings, seed)
    .perturb(weights, position)
    .map((value, i) => value - weights[i]!);
}

function norm(values: Iterable<number>): number {
  return Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
}

/** Values of one output channel of a kernel. */
function filterOf(values: Float32Array, slot: typeof convKernel, output: number): Float32Array {
  const outputs = slot!.shape.at(-1)!;
  return values.subarray(slot!.offset, slot!.offset + slot!.size).filter((_, i) => i % outputs === output);
}

describe('createSmoothOut', () => {
  test('strength 0 is nothing to do', () => {
    expect(
      createSmoothOut({ strength: 0, kind: 'uniform', schedule: 'constant' }, layout, 1),
    ).toBeUndefined();
  });

  test.each(['uniform', 'adaptive'] as const)(
    '%s leaves the weights themselves as they were, bit for bit',
    (kind) => {
      const weights = someWeights();
      const before = weights.slice();
      const perturbed = smoothOut({ kind }).perturb(weights, at);
      expect(perturbed).not.toEqual(before);
      expect(new Uint8Array(weights.buffer)).toEqual(new Uint8Array(before.buffer));
    },
  );

  test.each(['uniform', 'adaptive'] as const)('%s perturbs kernels, never biases or padding', (kind) => {
    const noise = noiseOf({ kind });
    for (const { offset, size } of [convKernel!, denseKernel!]) {
      const inKernel = noise.subarray(offset, offset + size);
      expect(inKernel.filter((value) => value !== 0).length).toBeGreaterThan(0.95 * size);
      inKernel.fill(0);
    }
    expect(norm(noise)).toBe(0);
  });

  test('uniform noise fills [-a, a]', () => {
    const noise = noiseOf({ strength: 0.5 });
    expect(Math.max(...noise)).toBeLessThanOrEqual(0.5 + 1e-6);
    expect(Math.min(...noise)).toBeGreaterThanOrEqual(-0.5 - 1e-6);
    const inKernels = [...noise].filter((value) => value !== 0);
    const mean = inKernels.reduce((sum, value) => sum + value, 0) / inKernels.length;
    expect(Math.abs(mean)).toBeLessThan(0.06);
    // The deviation of a uniform value is a / sqrt(3).
    expect(norm(inKernels) / Math.sqrt(inKernels.length)).toBeCloseTo(0.5 / Math.sqrt(3), 1);
  });

  test('adaptive noise has a times the norm of its filter, an output channel', () => {
    const noise = noiseOf({ kind: 'adaptive', strength: 0.25 });
    const weights = someWeights();
    for (const slot of [convKernel, denseKernel]) {
      for (let output = 0; output < slot!.shape.at(-1)!; output++) {
        const share = norm(filterOf(noise, slot, output)) / norm(filterOf(weights, slot, output));
        expect(share).toBeCloseTo(0.25, 4);
      }
    }
  });

  test('a filter of zeros stays zero under adaptive noise', () => {
    const perturbed = smoothOut({ kind: 'adaptive' }).perturb(new Float32Array(layout.values), at);
    expect(norm(perturbed)).toBe(0);
  });

  test('noise follows the schedule', () => {
    const full = noiseOf({ strength: 0.5 });
    const half = noiseOf({ strength: 0.5, schedule: 'rampUp' }, { ...at, totalSteps: 6 });
    for (const [i, value] of half.entries()) expect(value).toBeCloseTo(full[i]! / 2, 6);
  });

  test.each([
    ['step', noiseOf({}, { ...at, step: 4 })],
    ['rank', noiseOf({}, { ...at, rank: 0 })],
    ['seed', noiseOf({}, at, 2)],
  ])('noise is fresh for another %s', (_what, other) => {
    expect(other).not.toEqual(noiseOf({}));
  });

  test('a redone step has the same noise', () => {
    expect(noiseOf({})).toEqual(noiseOf({}));
  });
});
