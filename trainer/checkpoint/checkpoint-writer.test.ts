import { describe, expect, test } from '@jest/globals';
import { ForgetfulFiles, POWER_LOSSES } from '../safetensors/testing/forgetful-files.ts';
import { CheckpointWriter, type SaveOutcome } from './checkpoint-writer.ts';
import { findNewest } from './find-newest.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { prepareDirectory } from './prepare-directory.ts';
import type { StateRegion } from './state.ts';
import {
  emptyRegions,
  exampleState,
  factsAt,
  filledRegions,
  JOB_UID,
  SIGNATURE,
} from './testing/example-state.ts';

const DIRECTORY = '/checkpoints';
const EXPECTED = { jobUid: JOB_UID, signature: SIGNATURE };

function writerOn(files: ForgetfulFiles, keep = 2): CheckpointWriter {
  return new CheckpointWriter({ directory: DIRECTORY, keep, state: exampleState, files });
}

/** The state of step n is filled with n. */
function saveStep(writer: CheckpointWriter, step: number): Promise<SaveOutcome> {
  return writer.save(factsAt(step), filledRegions(step));
}

/** A disk that holds steps 1 and 2, and nothing that was not synced. */
async function diskWithTwo(): Promise<ForgetfulFiles> {
  const files = new ForgetfulFiles();
  const writer = writerOn(files);
  for (const step of [1, 2]) expect((await saveStep(writer, step)).kind).toBe('saved');
  return files.afterPowerLoss('keeps what was synced');
}

async function resumed(
  files: ForgetfulFiles,
): Promise<{ step: number; regions: StateRegion[]; passedOver: number }> {
  await prepareDirectory(DIRECTORY, files);
  const newest = await findNewest(DIRECTORY, EXPECTED, files);
  if (newest.kind === 'none') throw new Error('a fresh start');
  const regions = emptyRegions();
  await loadCheckpoint(newest.checkpoint, exampleState, regions, files);
  return { step: newest.checkpoint.facts.step, regions, passedOver: newest.passedOver.length };
}

const stepsIn = async (files: ForgetfulFiles): Promise<string[]> => [...(await files.list(DIRECTORY))].sort();

test('a saved state is found and loaded, with what is known of it', async () => {
  const files = await diskWithTwo();
  const newest = await findNewest(DIRECTORY, EXPECTED, files);
  expect(newest).toMatchObject({ kind: 'found', passedOver: [], checkpoint: { facts: factsAt(2) } });
  expect(await resumed(files)).toMatchObject({ step: 2, regions: filledRegions(2) });
});

test('facts without a backend', async () => {
  const files = new ForgetfulFiles();
  const { backend: _, ...facts } = factsAt(1);
  await writerOn(files).save(facts, filledRegions(1));
  expect(await findNewest(DIRECTORY, EXPECTED, files)).toMatchObject({ checkpoint: { facts } });
});

test('the state may change as soon as save has returned', async () => {
  const files = new ForgetfulFiles();
  const regions = filledRegions(5);
  const saving = writerOn(files).save(factsAt(5), regions);
  for (const { values } of regions) values.fill(-1);
  await saving;
  expect((await resumed(files)).regions).toEqual(filledRegions(5));
});

test('how long training stood still, and how long the file took', async () => {
  const clock = [0, 7, 1000];
  const options = { directory: DIRECTORY, keep: 1, state: exampleState, files: new ForgetfulFiles() };
  const writer = new CheckpointWriter({ ...options, nowMs: () => clock.shift()! });
  const outcome = await saveStep(writer, 1);
  expect(outcome).toMatchObject({ kind: 'saved', step: 1, copyMs: 7, writeMs: 993 });
  expect(outcome).toMatchObject({ file: `${DIRECTORY}/step-0000000001.safetensors` });
});

describe('one save at a time', () => {
  test('a save during another is skipped, names the other, and copies nothing', async () => {
    const files = new ForgetfulFiles();
    const writer = writerOn(files);
    const first = saveStep(writer, 1);
    expect(await saveStep(writer, 2)).toEqual({ kind: 'skipped', step: 2, writingStep: 1 });
    expect((await first).kind).toBe('saved');
    expect(await resumed(files)).toMatchObject({ step: 1, regions: filledRegions(1) });
  });

  test('after idle a save is never skipped', async () => {
    const writer = writerOn(new ForgetfulFiles());
    void saveStep(writer, 1);
    await writer.idle();
    expect((await saveStep(writer, 2)).kind).toBe('saved');
    await writer.idle();
  });
});

describe('two writers on one directory, as of an attempt that is still alive after it was replaced', () => {
  test('leave whole files, whoever was last', async () => {
    const files = new ForgetfulFiles();
    const writers = [writerOn(files), writerOn(files)];
    const outcomes = await Promise.all(writers.map((writer) => saveStep(writer, 7)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['saved', 'saved']);
    expect(await resumed(files)).toMatchObject({ step: 7, regions: filledRegions(7) });
  });

  test('when the newer one starts, a save of the older one fails and changes nothing', async () => {
    const files = await diskWithTwo();
    const saving = saveStep(writerOn(files), 3);
    while (!files.calls.some((call) => call.startsWith('write'))) await Promise.resolve();
    await prepareDirectory(DIRECTORY, files);
    expect(await saving).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('ENOENT') },
    });
    expect(await resumed(files)).toMatchObject({ step: 2, regions: filledRegions(2) });
  });
});

describe('a crash of the computer while step 3 is saved', () => {
  /** How many calls a save makes, with its retention. */
  async function callsOfSave(): Promise<number> {
    const files = await diskWithTwo();
    await saveStep(writerOn(files), 3);
    return files.calls.length;
  }

  test.each(POWER_LOSSES)('at every write, sync, rename and removal: disk %s', async (loss) => {
    const calls = await callsOfSave();
    // create, write of data and header, sync, rename, sync of the directory, removal of step 1
    expect(calls).toBe(7);
    for (let at = 0; at < calls; at++) {
      const files = (await diskWithTwo()).failAt({ at, kind: 'crash' });
      const outcome = await saveStep(writerOn(files), 3);
      const { step, regions, passedOver } = await resumed(files.afterPowerLoss(loss));
      // Saved means durable; before that it is the old state or the new one, whole.
      expect(outcome.kind === 'saved' ? [3] : [2, 3]).toContain(step);
      expect(regions).toEqual(filledRegions(step));
      expect(passedOver).toBe(0);
    }
  });

  test.each(POWER_LOSSES)('training goes on from there, and nothing piles up: disk %s', async (loss) => {
    for (let at = 0; at < (await callsOfSave()); at++) {
      const crashed = (await diskWithTwo()).failAt({ at, kind: 'crash' });
      await saveStep(writerOn(crashed), 3);
      const files = crashed.afterPowerLoss(loss);
      await prepareDirectory(DIRECTORY, files);
      const writer = writerOn(files);
      for (const step of [3, 4]) expect((await saveStep(writer, step)).kind).toBe('saved');
      expect(await stepsIn(files)).toEqual(['step-0000000003.safetensors', 'step-0000000004.safetensors']);
    }
  });
});

describe.each(['ENOSPC', 'EIO', 'EROFS'] as const)('a disk that answers %s', (kind) => {
  test.each([0, 1, 2, 3, 4, 5])(
    'at call %i: an outcome, the old states stay, and the next save works',
    async (at) => {
      const files = (await diskWithTwo()).failAt({ at, kind });
      const writer = writerOn(files);
      const outcome = await saveStep(writer, 3);
      expect(outcome).toMatchObject({ kind: 'failed', step: 3, error: { code: 'CHECKPOINT_WRITE' } });
      expect(outcome).toMatchObject({ error: { message: expect.stringContaining(kind) } });
      expect((await stepsIn(files)).slice(0, 2)).toEqual([
        'step-0000000001.safetensors',
        'step-0000000002.safetensors',
      ]);
      expect((await saveStep(writer, 4)).kind).toBe('saved');
      expect(await resumed(files)).toMatchObject({ step: 4, regions: filledRegions(4) });
    },
  );

  test('at the removal of an old state: the save counts, and the file is named', async () => {
    const files = (await diskWithTwo()).failAt({ at: 6, kind });
    expect(await saveStep(writerOn(files), 3)).toMatchObject({
      kind: 'saved',
      removed: [],
      notRemoved: [
        { file: `${DIRECTORY}/step-0000000001.safetensors`, reason: expect.stringContaining(kind) },
      ],
    });
  });
});
