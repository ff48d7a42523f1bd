import { describe, expect, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgetfulFiles, POWER_LOSSES } from '../safetensors/testing/forgetful-files.ts';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { readOrCreateJobUid } from './job-uid.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test('makes a UID once, in a directory that it makes too, and reads it again', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'new');
    const uid = await readOrCreateJobUid(directory);
    expect(uid).toMatch(UUID);
    expect(await readOrCreateJobUid(directory)).toBe(uid);
    expect(await readFile(join(directory, 'job-uid'), 'utf8')).toBe(`${uid}\n`);
    expect(await readdir(directory)).toEqual(['job-uid']);
  });
});

test('many at the same time get the same one', async () => {
  await withDirectory(async (directory) => {
    const uids = await Promise.all(Array.from({ length: 20 }, () => readOrCreateJobUid(directory)));
    expect(new Set(uids).size).toBe(1);
    expect(await readdir(directory)).toEqual(['job-uid']);
  });
});

test.each(['', 'abc', 'a'.repeat(100), '../../etc'])(
  'a file that holds %p is refused, and stays',
  async (text) => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'job-uid');
      await writeFile(file, text);
      await expect(readOrCreateJobUid(directory)).rejects.toMatchObject({ code: 'CHECKPOINT_JOB_UID', file });
      await expect(readOrCreateJobUid(directory)).rejects.toThrow(
        /does not hold a UID; write the jobUid that/,
      );
      expect(await readFile(file, 'utf8')).toBe(text);
    });
  },
);

test('a directory that cannot be made is refused with a remedy', async () => {
  await withDirectory(async (parent) => {
    await writeFile(join(parent, 'file'), '');
    await expect(readOrCreateJobUid(join(parent, 'file', 'below'))).rejects.toThrow(
      /ENOTDIR: .*choose another path/,
    );
  });
});

describe.each(POWER_LOSSES)('after a crash at any call, on a disk that %s', (loss) => {
  test('the next start gets a UID, and what was told before is kept', async () => {
    // create, write, sync, link, removal of the other name, sync of the directory
    for (let at = 0; at <= 6; at++) {
      const files = new ForgetfulFiles().failAt({ at, kind: 'crash' });
      const told = await readOrCreateJobUid('/d', files).catch(() => undefined);
      expect(told === undefined).toBe(at < 6);
      const after = await readOrCreateJobUid('/d', files.afterPowerLoss(loss));
      expect(after).toMatch(UUID);
      if (told !== undefined) expect(after).toBe(told);
    }
  });
});
