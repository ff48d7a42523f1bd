import { expect, test } from '@jest/globals';
import { ForgetfulFiles } from '../safetensors/testing/forgetful-files.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import type { StateTensor } from './state.ts';
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
