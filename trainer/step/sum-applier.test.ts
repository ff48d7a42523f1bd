import { describe, expect, test } from '@jest/globals';
import type { TernGradJob } from '../../crds/index.ts';
import { createOptimizer } from '../compute/optimizer/optimizer.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { createCodecs } from './codecs.ts';
import { allocateStepMemory } from './memory.ts';
import { StateVectors } from './state-vectors.ts';
import { planStep, type StepPlan } from './step-plan.ts';
import { createSumApplier, type SumApplier } from './sum-applier.ts';
import { specOf, tensor } from './testing/spec.ts';

const tensors = [tensor('kernel', 333, 70), tensor('bias', 70), tensor('other', 41)];
const SETTINGS = { learningRate: 0.1, weightDecay: 0.01 };
const STEPS = 3;

type Optimizer = NonNullable<TernGradJob['spec']['training']['optimizer']>;

/** One worker's memory, and what applies sums to its state: with the spare places of the plan, or without. */
async function worker(
  optimizerSpec: Optimizer,
  compression: TernGradJob['spec']['compression'],
  spare: boolean,
) {
  const spec = specOf({
    training: { steps: 10, optimizer: optimizerSpec },
    compression,
    exchange: { chunkValues: 1600 },
  });
  const plan = planStep(tensors, spec, { examples: 100, members: 1 });
  const memory = allocateStepMemory(plan.memory);
  const kernels = await loadKernels(memory);
  const vectors = new StateVectors(memory.buffer as SharedArrayBuffer, {
    ...plan.memory,
    spareSlots: spare ? plan.memory.spareSlots : [],
  });
  const codecs = createCodecs(plan, kernels, {
    scratch: plan.memory.computeScratch,
    coder: plan.memory.computeCoder,
  });
  const optimizer = createOptimizer(
    spec.training.optimizer,
    kernels,
    plan.layout,
    plan.memory.computeScratch,
  );
  const applier = createSumApplier({ plan, kernels, codecs, optimizer, vectors });
  const floats = (at: number): Float32Array => new Float32Array(memory.buffer, at, plan.layout.values);
  const weights = floats(vectors.present.weights);
  for (const { offset, size } of plan.layout.slots) {
    for (let i = 0; i < size; i += 1) weights[offset + i] = Math.cos(i * 0.11);
  }
  return { plan, memory, kernels, vectors, codecs, optimizer, applier, floats };
}

type Worker = Awaited<ReturnType<typeof worker>>;

/** Lays every chunk's sum in memory, as if this worker were the only member. */
function sumAll({ plan, memory, codecs, vectors, floats }: Worker, step: number): void {
  const gradient = floats(vectors.present.gradient).fill(0);
  for (const { offset, size } of plan.layout.slots) {
    for (let i = 0; i < size; i += 1) gradient[offset + i] = Math.sin(i * 0.37 + step);
  }
  const lengths = new Uint32Array(memory.buffer, plan.memory.pullLengths, plan.chunkPlan.chunks.length);
  const scalers = new Float32Array(memory.buffer, plan.memory.sharedScalers, plan.chunkPlan.units).fill(1.5);
  for (const chunk of plan.chunkPlan.chunks) {
    const codec = codecs.of(plan.codingAt(step, chunk));
    const out = plan.memory.push[chunk.index]!;
    const bytes = codec.encode(chunk, {
      gradient: vectors.present.gradient,
      scalers,
      noise: { seed: 1, step, rank: 0 },
      out,
    });
    const sum = { contributions: [out], contributionBytes: [bytes], scalers };
    lengths[chunk.index] = codec.reduce(chunk, { ...sum, out: plan.memory.pull[chunk.index]! });
  }
}

function takeAll(applier: SumApplier, plan: StepPlan, step: number, backwards: boolean): void {
  applier.begin({ ...SETTINGS, step });
  const { chunks } = plan.chunkPlan;
  for (const chunk of backwards ? chunks.toReversed() : chunks) applier.take(chunk);
}

function train(of: Worker, backwards: boolean): { hashes: string[]; weights: Float32Array } {
  const hashes: string[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    sumAll(of, step);
    takeAll(of.applier, of.plan, step, backwards);
    const { readHash, writtenHash } = of.applier.commit();
    hashes.push(readHash, writtenHash);
  }
  return { hashes, weights: of.floats(of.vectors.present.weights).slice() };
}

const optimizers: Optimizer[] = [
  { name: 'sgd' },
  { name: 'momentum' },
  { name: 'nesterov' },
  { name: 'rmsprop' },
  { name: 'adam' },
  { name: 'adamw' },
];

describe.each(optimizers)('$name', (optimizer) => {
  test.each([
    ['ternary', {}],
    ['float32', { codec: 'float32' }],
  ] as const)(
    'a state written beside the present one, in any order, is the one updated in place: %s',
    async (_, compression) => {
      const inPlace = await worker(optimizer, compression, false);
      const beside = await worker(optimizer, compression, true);
      expect(beside.vectors.hasSpare).toBe(true);
      const expected = train(inPlace, false);
      const written = train(beside, true);
      expect(written).toEqual(expected);
      const { weights, slots } = beside.vectors.present;
      expect(beside.optimizer.hash(weights, slots)).toBe(written.hashes.at(-1));
    },
  );
});

test('until it is committed, the present state is as it was, whatever sums have come', async () => {
  const one = await worker({ name: 'momentum' }, {}, true);
  train(one, false);
  const { weights, slots } = one.vectors.present;
  const before = one.optimizer.hash(weights, slots);
  sumAll(one, STEPS);
  takeAll(one.applier, one.plan, STEPS, false);
  expect(one.vectors.present).toEqual({ weights, slots, gradient: one.vectors.next.weights });
  expect(one.optimizer.hash(weights, slots)).toBe(before);
  expect(one.applier.commit().readHash).toBe(before);
});

test('what a torn step has written is of no account', async () => {
  const torn = await worker({ name: 'momentum' }, {}, true);
  sumAll(torn, 0);
  torn.applier.begin({ ...SETTINGS, step: 0 });
  for (const chunk of torn.plan.chunkPlan.chunks.slice(0, 3)) torn.applier.take(chunk);
  const whole = await worker({ name: 'momentum' }, {}, true);
  expect(train(torn, false)).toEqual(train(whole, false));
});
