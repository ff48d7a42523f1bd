import { describe, expect, test } from '@jest/globals';
import type { TernGradJob } from '../../crds/index.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { allocateStepMemory } from './memory.ts';
import { createScalerFinder } from './scaler-finder.ts';
import { planStep } from './step-plan.ts';
import { specOf, tensor } from './testing/spec.ts';

/** Finds scalers over a kernel of 40 x 40 (ternarized) and a bias of 40 (exempt), all 1 but for `values` at their start. */
async function find(
  step: number,
  values: { readonly kernel?: number; readonly bias?: number },
  compression: TernGradJob['spec']['compression'] = {},
): Promise<Float32Array> {
  const spec = specOf({ compression });
  const plan = planStep([tensor('kernel', 40, 40), tensor('bias', 40)], spec, { examples: 100, members: 2 });
  const memory = allocateStepMemory(plan.memory);
  const gradient = new Float32Array(memory.buffer, plan.memory.gradient, plan.layout.values);
  for (const { offset, size, name } of plan.layout.slots) {
    gradient.fill(1, offset, offset + size);
    gradient[offset] = values[name as 'kernel' | 'bias'] ?? 1;
  }
  const out = new Float32Array(plan.chunkPlan.units);
  createScalerFinder(spec.compression, await loadKernels(memory), plan, { present: plan.memory }).find(
    step,
    out,
  );
  return out;
}

describe('the scalers of a step', () => {
  test('are the clipped maximum of each unit', async () => {
    expect([...(await find(0, {}, { clip: 0 }))]).toEqual([1]);
    expect([...(await find(0, { kernel: -3 }, { clip: 0 }))]).toEqual([3]);
  });
});

describe('a gradient that cannot be sent is refused, with tensor, step and remedy', () => {
  test.each([
    ['kernel', Number.NaN, 'kernel is NaN at index 0 in step 7'],
    ['bias', -Infinity, 'bias is -Infinity at index 0 in step 7'],
  ] as const)('%s with %p', async (name, value, where) => {
    await expect(find(7, { [name]: value })).rejects.toMatchObject({
      code: 'NON_FINITE_GRADIENT',
      tensor: name,
      step: 7,
      message: expect.stringMatching(
        new RegExp(`^the gradient of ${where}; lower training.learningRate.initial`),
      ),
    });
  });

  test('beyond float16', async () => {
    const tooLarge = find(7, { kernel: 70_000 }, { codec: 'float16' });
    await expect(tooLarge).rejects.toMatchObject({
      code: 'VALUE_BEYOND_FLOAT16',
      message: expect.stringMatching(/^the gradient of kernel reaches 70000 in step 7, .*learningRate/),
    });
  });
});
