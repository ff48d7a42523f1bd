import { describe, expect, test } from '@jest/globals';
import type { Chunk } from '../ternary/chunks.ts';
import { allocateStepMemory, ModelTooLargeError, planStepMemory, type StepMemoryNeeds } from './memory.ts';

function chunksOf(...payloadBytes: number[]): Chunk[] {
  return payloadBytes.map((bytes, index) => ({
    index,
    offset: index * 80,
    blocks: 1,
    values: bytes,
    exempt: false,
    pieces: [],
  }));
}

/** Payload sizes are taken from `values` here, so that a test can choose them. */
function needs(change: Partial<StepMemoryNeeds> = {}): StepMemoryNeeds {
  return {
    nonTrainableValues: 0,
    sizes: [change.members ?? 2],
    values: 400,
    optimizerSlots: 1,
    withAverage: false,
    scalerUnits: 3,
    withDelayedScalers: false,
    scalerRows: 1,
    members: 2,
    chunks: chunksOf(100, 200, 300, 100, 50),
    pushBytes: (chunk) => chunk.values,
    pullBytes: (chunk) => chunk.values * 2,
    computeScratchBytes: 256,
    ioScratchBytes: 256,
    ...change,
  };
}

/** Every region as [start, end), for the member that owns chunks with c mod members = self. */
function regions(need: StepMemoryNeeds, self: number): [number, number][] {
  const plan = planStepMemory(need);
  const vector = need.values * 4;
  const spans: [number, number][] = [
    [plan.weights, vector],
    [plan.gradient, vector],
    ...[...plan.slots, ...plan.spareSlots].map((slot): [number, number] => [slot, vector]),
    [plan.side, 4],
    [plan.arrivals, (2 + need.chunks.length) * 4],
    [plan.reducedAt, 8],
    [plan.decoded, Math.max(...need.chunks.map(({ blocks }) => blocks * 320))],
    ...(plan.average === undefined ? [] : [[plan.average, vector] as [number, number]]),
    ...(plan.nonTrainable === undefined
      ? []
      : [[plan.nonTrainable, need.nonTrainableValues * 4] as [number, number]]),
    [plan.localScalers, need.scalerUnits * 4],
    [plan.sharedScalers, need.scalerUnits * 4 * need.scalerRows],
    [plan.computeScratch, need.computeScratchBytes],
    [plan.pushLengths, need.chunks.length * 4],
    [plan.pullLengths, need.chunks.length * 4],
    [plan.ioScratch, need.ioScratchBytes],
  ];
  for (const chunk of need.chunks) {
    spans.push([plan.push[chunk.index] as number, need.pushBytes(chunk)]);
    spans.push([plan.pull[chunk.index] as number, need.pullBytes(chunk)]);
    if (chunk.index % need.members !== self) continue;
    for (let member = 0; member < need.members; member += 1) {
      spans.push([plan.contribution(chunk.index, member), need.pushBytes(chunk)]);
    }
  }
  return spans.map(([start, length]) => [start, start + length]);
}

describe.each([
  ['two members', needs()],
  ['one member', needs({ members: 1 })],
  ['more members than chunks', needs({ members: 7, scalerRows: 7 })],
  ['adam with an average', needs({ optimizerSlots: 2, withAverage: true })],
  ['no scalers', needs({ scalerUnits: 0 })],
  ['non-trainable weights', needs({ nonTrainableValues: 33 })],
  ['three members of one to five', needs({ members: 3, sizes: [1, 2, 3, 4, 5] })],
])('with %s', (_name, need) => {
  test.each(Array.from({ length: need.members }, (_, self) => self))(
    'no two regions of member %i overlap, all are aligned and inside the memory',
    (self) => {
      const plan = planStepMemory(need);
      const sorted = regions(need, self)
        .filter(([start, end]) => end > start)
        .sort((a, b) => a[0] - b[0]);
      for (const [index, [start, end]] of sorted.entries()) {
        expect(start % 64).toBe(0);
        expect(start).toBeGreaterThan(0);
        expect(end).toBeLessThanOrEqual(sorted[index + 1]?.[0] ?? plan.bytes);
      }
    },
  );
});

test('state and payloads lie at the same places whatever the size of the generation', () => {
  const sizes = [2, 3, 4];
  const [two, four] = [2, 4].map((members) => planStepMemory(needs({ members, sizes })));
  const { contribution: _two, ...placesOfTwo } = two!;
  const { contribution: _four, ...placesOfFour } = four!;
  expect(placesOfTwo).toEqual(placesOfFour);
});

test('the memory is shared and holds the plan', () => {
  const plan = planStepMemory(needs());
  const memory = allocateStepMemory(plan);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(plan.bytes);
});

test('a model beyond 32-bit memory is refused with its size and a remedy', () => {
  const tooLarge = needs({ values: 400_000_000, optimizerSlots: 2 });
  expect(() => planStepMemory(tooLarge)).toThrow(ModelTooLargeError);
  expect(() => planStepMemory(tooLarge)).toThrow(/6\.0 GiB.*400000000.*sgd or momentum/s);
});
