import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { findNewest } from './find-newest.ts';
import { prepareDirectory } from './prepare-directory.ts';
import { exampleState, factsAt, filledRegions, JOB_UID, SIGNATURE } from './testing/example-state.ts';
import { canMount, Volume } from './testing/volume.ts';

const EXPECTED = { jobUid: JOB_UID, signature: SIGNATURE };

function writerIn(directory: string): CheckpointWriter {
  return new CheckpointWriter({ directory, keep: 1, state: exampleState });
}

describe('a directory', () => {
  test('that is not there is made, with those above it', async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, 'a', 'b');
      await prepareDirectory(directory);
      expect(await readdir(directory)).toEqual([]);
      await prepareDirectory(directory);
      expect(await findNewest(directory, EXPECTED)).toEqual({ kind: 'none' });
    });
  });

  test('loses what killed writers left, and nothing else', async () => {
    await withDirectory(async (directory) => {
      for (const name of ['step-0000000001.safetensors.0a1b2c3d.partial', 'notes.partial', 'job-uid']) {
        await writeFile(join(directory, name), 'x');
      }
      await prepareDirectory(directory);
      expect((await readdir(directory)).sort()).toEqual(['job-uid', 'notes.partial']);
    });
  });

  test('in whose path a file lies is refused with a remedy', async () => {
    await withDirectory(async (parent) => {
      const file = join(parent, 'file');
      await writeFile(file, '');
      for (const directory of [file, join(file, 'below')]) {
        await expect(prepareDirectory(directory)).rejects.toMatchObject({
          code: 'CHECKPOINT_DIRECTORY',
          directory,
          message: expect.stringMatching(
            /^cannot write to checkpoint\.directory .*(ENOTDIR|EEXIST): .*choose another path/,
          ),
        });
      }
    });
  });

  test('that is gone: a save is a failed outcome, a search is an error', async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, 'gone');
      await prepareDirectory(directory);
      const writer = writerIn(directory);
      await rm(directory, { recursive: true });
      expect(await writer.save(factsAt(1), filledRegions(1))).toMatchObject({
        kind: 'failed',
        error: {
          message: expect.stringMatching(
            /was not written: ENOENT: .* is gone; create it, or mount its volume/,
          ),
        },
      });
      await expect(findNewest(directory, EXPECTED)).rejects.toThrow(
        /cannot read checkpoint\.directory .*ENOENT/,
      );
    });
  });
});

(canMount() ? describe : describe.skip)('a volume', () => {
  let volume: Volume;
  beforeEach(() => {
    volume = new Volume('64k');
  });
  afterEach(() => volume.remove());

  test('that is read-only is refused with a remedy', async () => {
    volume.makeReadOnly();
    await expect(prepareDirectory(volume.path)).rejects.toThrow(
      /cannot write to checkpoint\.directory .*EROFS: the file system is read-only; mount it for writing/,
    );
    await expect(prepareDirectory(join(volume.path, 'below'))).rejects.toThrow(/cannot write to .*EROFS/);
  });

  test('that is full is refused with a remedy, although it takes an empty file', async () => {
    await fill(volume.path);
    await expect(prepareDirectory(volume.path)).rejects.toThrow(
      /cannot write to checkpoint\.directory .*ENOSPC: the volume is full; free space/,
    );
    expect(await readdir(volume.path)).toEqual(['filler']);
  });

  test('that fills up while training runs: a failed outcome; when space is freed, saves work again', async () => {
    const writer = writerIn(volume.path);
    expect((await writer.save(factsAt(1), filledRegions(1))).kind).toBe('saved');
    await fill(volume.path);
    expect(await writer.save(factsAt(2), filledRegions(2))).toMatchObject({
      kind: 'failed',
      error: { code: 'CHECKPOINT_WRITE', message: expect.stringContaining('ENOSPC: the volume is full') },
    });
    expect(await findNewest(volume.path, EXPECTED)).toMatchObject({ checkpoint: { facts: { step: 1 } } });
    await rm(join(volume.path, 'filler'));
    expect((await writer.save(factsAt(3), filledRegions(3))).kind).toBe('saved');
    expect(await readdir(volume.path)).toEqual(['step-0000000003.safetensors']);
  });

  test('that becomes read-only while training runs: a failed outcome, and the old state is found', async () => {
    const writer = writerIn(volume.path);
    await writer.save(factsAt(1), filledRegions(1));
    volume.makeReadOnly();
    expect(await writer.save(factsAt(2), filledRegions(2))).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('EROFS') },
    });
    expect(await findNewest(volume.path, EXPECTED)).toMatchObject({ checkpoint: { facts: { step: 1 } } });
  });
});

async function fill(directory: string): Promise<void> {
  const file = join(directory, 'filler');
  await writeFile(file, '');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096'], { stdio: 'pipe' });
  } catch {
    // dd ends when nothing more fits.
  }
}
