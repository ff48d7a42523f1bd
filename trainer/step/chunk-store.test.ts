import { describe, expect, test } from '@jest/globals';
import type { TernGradJob } from '../../crds/index.ts';
import { isCoded } from '../ternary/payload-format.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { SharedChunkStore } from './chunk-store.ts';
import { createCodecs } from './codecs.ts';
import { allocateStepMemory } from './memory.ts';
import { createScalerFinder } from './scaler-finder.ts';
import { planStep } from './step-plan.ts';
import { specOf, tensor } from './testing/spec.ts';

const tensors = [tensor('kernel', 120, 40), tensor('bias', 40)];
const MEMBERS = 2;

/** One worker's memory with both threads' ends on it. */
async function worker(selfIndex: number, compression: TernGradJob['spec']['compression']) {
  const spec = specOf({ compression, exchange: { chunkValues: 1600 } });
  const plan = planStep(tensors, spec, { examples: 100, members: MEMBERS });
  const memory = allocateStepMemory(plan.memory);
  const kernels = await loadKernels(memory);
  const store = await SharedChunkStore.create(plan, memory, { selfIndex });
  const gradient = new Float32Array(memory.buffer, plan.memory.gradient, plan.layout.values);
  for (const slot of plan.layout.slots) {
    for (let i = 0; i < slot.size; i += 1) gradient[slot.offset + i] = Math.sin(i * 0.37 + selfIndex) ** 5;
  }
  const ownGradient = Float32Array.from(gradient);
  createScalerFinder(spec.compression, kernels, plan, { present: plan.memory }).find(0, store.localScalers);
  const { computeScratch: scratch, computeCoder: coder } = plan.memory;
  const codecs = createCodecs(plan, kernels, { scratch, coder });
  return { plan, store, codecs, memory, gradient, ownGradient };
}

type Worker = Awaited<ReturnType<typeof worker>>;

function encode({ plan, store, codecs, memory }: Worker, rank: number): void {
  store.beginStep(0);
  const lengths = new Uint32Array(memory.buffer, plan.memory.pushLengths, store.chunkCount);
  for (const chunk of plan.chunkPlan.chunks) {
    const { push } = plan.codingAt(0, chunk);
    const out = plan.memory.push[chunk.index]!;
    lengths[chunk.index] = codecs.of(plan.codingAt(0, chunk)).encode(chunk, {
      gradient: plan.memory.gradient,
      scalers: store.sharedScalers,
      noise: { seed: 1, step: 0, rank },
      out,
    });
    if (isCoded(push) && chunk.index % MEMBERS !== rank) {
      lengths[chunk.index] = codecs.coder!.codeInPlace(push, chunk, MEMBERS, out);
    }
  }
}

/** What the exchange does, without a network: contributions to the owners, sums back to all. */
function exchange(workers: readonly [Worker, Worker]): void {
  for (let c = 0; c < workers[0].store.chunkCount; c += 1) {
    const owner = c % MEMBERS;
    const other = 1 - owner;
    const contribution = workers[other]!.store.pushPayload(c);
    workers[owner]!.store.contributionPlace(c, other, contribution.length)!.set(contribution);
    expect(workers[owner]!.store.faultOfContribution(c, other)).toBeUndefined();
    workers[owner]!.store.reduce(c);
    const sum = workers[owner]!.store.pullPayload(c);
    workers[other]!.store.sumPlace(c, sum.length)!.set(sum);
    expect(workers[other]!.store.faultOfSum(c)).toBeUndefined();
  }
}

function decode({ plan, store, codecs, gradient }: Worker): Float32Array {
  for (const chunk of plan.chunkPlan.chunks) {
    codecs.of(plan.codingAt(0, chunk)).decode(chunk, {
      payload: plan.memory.pull[chunk.index]!,
      payloadBytes: store.pullPayload(chunk.index).length,
      members: MEMBERS,
      scalers: store.sharedScalers,
      gradient: plan.memory.gradient,
    });
  }
  return gradient;
}

async function exchanged(compression: TernGradJob['spec']['compression']): Promise<[Worker, Worker]> {
  const workers: [Worker, Worker] = [await worker(0, compression), await worker(1, compression)];
  const [first, second] = workers;
  const shared = first.store.localScalers.map((own, unit) => Math.max(own, second.store.localScalers[unit]!));
  for (const { store } of workers) store.sharedScalers.set(shared);
  encode(first, 0);
  encode(second, 1);
  exchange(workers);
  return workers;
}

describe.each([
  ['ternary', {}],
  ['ternary in two bits', { packing: '2bit' }],
  ['ternary, entropy coded', { packing: 'entropy' }],
  ['ternary, entropy coded with local scalers', { packing: 'entropy', scaler: 'local' }],
  ['ternary with one scaler per chunk', { scalerScope: 'chunk' }],
  ['float16', { codec: 'float16' }],
  ['float32', { codec: 'float32' }],
] as const)('%s', (_name, compression) => {
  test('both members decode the same bits', async () => {
    const [first, second] = await exchanged(compression);
    expect(decode(first)).toEqual(decode(second));
  });
});

test('float32 gives the mean of both gradients to the bit', async () => {
  const [first, second] = await exchanged({ codec: 'float32' });
  const expected = first.ownGradient.map((own, i) =>
    Math.fround(Math.fround(own + second.ownGradient[i]!) * 0.5),
  );
  expect(decode(first)).toEqual(expected);
});

test('ternary values are multiples of half a scaler, and exempt ones exact means', async () => {
  const [first, second] = await exchanged({});
  const scaler = first.store.sharedScalers[0]!;
  const mean = decode(first);
  const [kernel, bias] = first.plan.layout.slots;
  for (let i = kernel!.offset; i < kernel!.offset + kernel!.size; i += 1) {
    const level = mean[i]! / (scaler / 2);
    expect(Math.abs(level - Math.round(level))).toBeLessThan(1e-6);
  }
  for (let i = bias!.offset; i < bias!.offset + bias!.size; i += 1) {
    expect(mean[i]).toBe(Math.fround(Math.fround(first.ownGradient[i]! + second.ownGradient[i]!) * 0.5));
  }
});

test('entropy coding changes what crosses the wire and nothing else', async () => {
  const [plain] = await exchanged({});
  const [coded, other] = await exchanged({ packing: 'entropy' });
  expect(decode(coded)).toEqual(decode(plain));
  const bytes = ({ store }: Worker, payload: 'pushPayload' | 'pullPayload', c: number): number =>
    store[payload](c).length;
  // Chunk 0 is member 0's: it contributes nothing over the wire and sends the sum.
  expect(bytes(other, 'pushPayload', 0)).toBeLessThan(bytes(plain, 'pushPayload', 0));
  expect(bytes(coded, 'pullPayload', 0)).toBeLessThan(bytes(plain, 'pullPayload', 0));
  // What it follows of other members' sums it could pass on as it keeps it: plain.
  expect(bytes(coded, 'pullPayload', 1)).toBe(bytes(plain, 'pullPayload', 1));
});

test('a coded contribution that is no code is refused before it is summed, and one too long gets no place', async () => {
  const [first, second] = await exchanged({ packing: 'entropy' });
  const { length } = second.store.pushPayload(0);
  first.store.contributionPlace(0, 1, length)!.set(second.store.pushPayload(0));
  first.store.contributionPlace(0, 1, length - 2);
  expect(first.store.faultOfContribution(0, 1)).toMatch(/state|words|frequencies/);
  const plain = first.store.pushPayload(0).length;
  expect(first.store.contributionPlace(0, 1, plain)).toHaveLength(plain);
  expect(first.store.contributionPlace(0, 1, plain + 1)).toBeUndefined();
});

test('a contribution with an impossible code is refused before it is summed', async () => {
  const [first] = await exchanged({});
  const { length } = first.store.pushPayload(0);
  first.store.contributionPlace(0, 1, length)![3] = 243;
  expect(first.store.faultOfContribution(0, 1)).toMatch(/243/);
});

test('a sum with a level that two members cannot reach is refused before it is applied', async () => {
  const [first] = await exchanged({});
  first.store.pullPayload(1)[0] = 255;
  expect(first.store.faultOfSum(1)).toMatch(/255/);
});
