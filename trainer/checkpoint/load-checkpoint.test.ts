import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ForgetfulFiles } from '../safetensors/testing/forgetful-files.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { planLayout } from '../ternary/layout.ts';
import { stateTensors, type StateKind, type StateRegion, type StateTensor } from './state.ts';
import { emptyRegions, exampleState, factsAt, filledRegions, SIGNATURE } from './testing/example-state.ts';

const PATH = '/d/step-0000000001.safetensors';

async function saved(step = 1): Promise<ForgetfulFiles> {
  const files = new ForgetfulFiles();
  const writer = new CheckpointWriter({ directory: '/d', keep: 1, state: exampleState, files });
  await writer.save(factsAt(1), filledRegions(step));
  return files;
}

const opened = (files: ForgetfulFiles): Promise<Checkpoint> =>
  openCheckpoint(PATH, { signature: SIGNATURE }, files);

/** A disk on which the file was changed after it had been opened. */
async function changed(
  files: ForgetfulFiles,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<ForgetfulFiles> {
  const file = await files.openToRead(PATH);
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return new ForgetfulFiles(new Map([[PATH, change(bytes)]]));
}

test('fills the regions, whatever the order of the tensors', async () => {
  const files = await saved();
  const regions = emptyRegions();
  await loadCheckpoint(await opened(files), exampleState.toReversed(), regions, files);
  expect(regions).toEqual(filledRegions(1));
});

test('any state comes back bit for bit, NaN, -0 and subnormal values too', async () => {
  const shape = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 });
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  const specs = fc
    .uniqueArray(fc.tuple(name, shape), { selector: ([key]) => key, minLength: 1, maxLength: 6 })
    .map((pairs) =>
      pairs.map(([key, lengths]) => ({
        name: key,
        shape: lengths,
        size: lengths.reduce((a, b) => a * b, 1),
      })),
    );
  const kinds = fc.subarray<StateKind>(['weights', 'slot0', 'slot1', 'average', 'nonTrainable'], {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(specs, specs, kinds, fc.integer(), async (trainable, nonTrainable, parts, seed) => {
      const layout = planLayout(trainable, (_, index) => index % 2 === 0);
      const state = stateTensors({ slots: layout.slots, nonTrainable }, parts);
      const packedLength = nonTrainable.reduce((sum, { size }) => sum + size, 0);
      const regionsOf = (fill: (values: Float32Array) => void): StateRegion[] =>
        parts.map((kind) => {
          const values = new Float32Array(kind === 'nonTrainable' ? packedLength : layout.values);
          fill(values);
          return { kind, values };
        });
      const original = regionsOf((values) => fillWithBits(values, seed));
      const files = new ForgetfulFiles();
      await new CheckpointWriter({ directory: '/d', keep: 1, state, files }).save(factsAt(1), original);
      const loaded = regionsOf(() => undefined);
      await loadCheckpoint(await opened(files), state, loaded, files);
      for (const tensor of state) expect(bitsOf(loaded, tensor)).toEqual(bitsOf(original, tensor));
    }),
  );
});

/** Every pattern of bits is as likely as any other. */
function fillWithBits(values: Float32Array, seed: number): void {
  const words = new Uint32Array(values.buffer);
  for (let i = 0, word = seed; i < words.length; i++) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9;
    words[i] = word;
  }
}

function bitsOf(regions: readonly StateRegion[], { kind, offset, size }: StateTensor): Uint32Array {
  const { values } = regions.find((region) => region.kind === kind)!;
  return new Uint32Array(values.buffer, offset * Float32Array.BYTES_PER_ELEMENT, size);
}

const [first, ...others] = exampleState as [StateTensor, ...StateTensor[]];
test.each<[string, readonly StateTensor[], RegExp]>([
  [
    'lacks a tensor of the model',
    [...exampleState, { ...first, name: 'weights/new' }],
    /it has no weights\/new/,
  ],
  ['has a tensor that the model lacks', others, /the model has no weights\/conv1\/bias/],
  [
    'has a tensor of another shape',
    [{ ...first, shape: [1, 3] }, ...others],
    /weights\/conv1\/bias has shape \[3\] in the file, and \[1, 3\] in the model/,
  ],
])('a file that %s is refused, and nothing is changed', async (_, state, message) => {
  const files = await saved();
  const regions = filledRegions(9);
  const loading = loadCheckpoint(await opened(files), state, regions, files);
  await expect(loading).rejects.toMatchObject({ code: 'CHECKPOINT_STATE', file: PATH });
  await expect(loading).rejects.toThrow(message);
  expect(regions).toEqual(filledRegions(9));
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
  [
    'damaged in its last byte',
    (bytes) => Uint8Array.of(...bytes.subarray(0, -1), 0xff),
    /norm\/count has a wrong checksum/,
  ],
  ['cut', (bytes) => bytes.subarray(0, -1), /cut short/],
])(
  'a file that was %s since it was opened is refused, and nothing is changed',
  async (_, change, message) => {
    const files = await saved();
    const checkpoint = await opened(files);
    const regions = filledRegions(9);
    await expect(
      loadCheckpoint(checkpoint, exampleState, regions, await changed(files, change)),
    ).rejects.toThrow(message);
    expect(regions).toEqual(filledRegions(9));
  },
);

test('a file that another process has replaced meanwhile is refused', async () => {
  const checkpoint = await opened(await saved(1));
  const loading = loadCheckpoint(checkpoint, exampleState, emptyRegions(), await saved(2));
  await expect(loading).rejects.toThrow(/another process has replaced it/);
});

test('a file that was removed meanwhile is refused', async () => {
  const checkpoint = await opened(await saved());
  const loading = loadCheckpoint(checkpoint, exampleState, emptyRegions(), new ForgetfulFiles());
  await expect(loading).rejects.toMatchObject({ code: 'CHECKPOINT_UNREADABLE' });
});
