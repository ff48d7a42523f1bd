import { describe, expect, test } from '@jest/globals';
import { loadKernels } from '../ternary/kernels.ts';
import { createChunkEncoder, encodeOrder } from './chunk-encoder.ts';
import { createCodecs } from './codecs.ts';
import { allocateStepMemory } from './memory.ts';
import { planStep } from './step-plan.ts';
import { lenetTensors, specOf } from './testing/spec.ts';

const plan = planStep(lenetTensors, specOf(), { examples: 100, members: 2 });
const { chunks } = plan.chunkPlan;

describe.each([
  [1, 0],
  [2, 0],
  [2, 1],
  [3, 1],
  [40, 20],
])('among %i members, member %i', (memberCount, selfIndex) => {
  const order = encodeOrder(chunks, { memberCount, selfIndex }).map((chunk) => chunk.index);

  test('encodes every chunk once', () => {
    expect([...order].sort((a, b) => a - b)).toEqual(chunks.map((chunk) => chunk.index));
  });

  test('encodes what others sum before what it sums itself', () => {
    const firstOwn = order.findIndex((index) => index % memberCount === selfIndex);
    const own = firstOwn < 0 ? [] : order.slice(firstOwn);
    expect(own.every((index) => index % memberCount === selfIndex)).toBe(true);
  });
});

test('different members start at different owners', () => {
  const firsts = [0, 1, 2].map(
    (selfIndex) => encodeOrder(chunks, { memberCount: 3, selfIndex })[0]!.index % 3,
  );
  expect(firsts).toEqual([1, 2, 0]);
});

test('the I/O thread hears of each chunk once, in few words', async () => {
  const memory = allocateStepMemory(plan.memory);
  const codecs = createCodecs(plan, await loadKernels(memory), {
    scratch: plan.memory.computeScratch,
    coder: plan.memory.computeCoder,
  });
  const told: (readonly number[])[] = [];
  const encoder = createChunkEncoder({
    memory,
    plan,
    codecs,
    start: { type: 'start', step: 0, stateHash: '', restored: false, memberCount: 2, selfIndex: 0 },
    post: (message) => told.push(message.chunks),
  });
  const scalers = new Float32Array(plan.chunkPlan.units);
  encoder.begin({ gradient: plan.memory.gradient, noise: { seed: 1, step: 0, rank: 0 }, scalers }).rest();
  expect(told.flat().sort((a, b) => a - b)).toEqual(chunks.map((chunk) => chunk.index));
  expect(told.length).toBeLessThanOrEqual(5);
});
