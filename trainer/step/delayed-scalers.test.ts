import { expect, test } from '@jest/globals';
import { delayedScalersOf, forgetScalers } from './delayed-scalers.ts';
import { allocateStepMemory } from './memory.ts';
import { planStep } from './step-plan.ts';
import { specOf, tensor } from './testing/spec.ts';

const TENSORS = [tensor('kernel', 80, 20), tensor('other', 80, 20)];

function opened(compression: Parameters<typeof specOf>[0] = {}) {
  const plan = planStep(TENSORS, specOf(compression), { examples: 100, members: 2 });
  const memory = allocateStepMemory(plan.memory);
  forgetScalers(plan, memory);
  const measured = new Float32Array(memory.buffer, plan.memory.sharedScalers, plan.chunkPlan.units);
  return { delayed: delayedScalersOf(plan, memory), measured };
}

test('a step that has its own scalers has no delayed ones', () => {
  expect(opened().delayed).toBeUndefined();
});

test('are what was measured a step before, times the margin', () => {
  const { delayed, measured } = opened({ compression: { scalerTiming: 'delayed', scalerMargin: 1.5 } });
  expect(delayed?.areKnown).toBe(false);
  expect(delayed?.known).toBeUndefined();
  measured.set([1, 2]);
  delayed?.renew();
  expect([...(delayed?.known ?? [])]).toEqual([1.5, 3]);
});

test('count those that what is measured later exceeds', () => {
  const { delayed, measured } = opened({ compression: { scalerTiming: 'delayed', scalerMargin: 1.5 } });
  measured.set([1, 2]);
  delayed?.renew();
  expect(delayed?.exceeded).toBeUndefined();
  measured.set([1.4, 3.1]);
  delayed?.renew();
  expect(delayed?.exceeded).toBe(1);
  // Those are renewed now.
  delayed?.renew();
  expect(delayed?.exceeded).toBe(0);
});

test('a tensor whose gradient was all zero is known, too', () => {
  const { delayed, measured } = opened({ compression: { scalerTiming: 'delayed' } });
  measured.set([0, 1]);
  delayed?.renew();
  expect(delayed?.areKnown).toBe(true);
});
