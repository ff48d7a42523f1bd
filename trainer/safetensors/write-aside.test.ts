import { describe, expect, test } from '@jest/globals';
import { fileErrorCode } from './file-error.ts';
import { CrashError, ForgetfulFiles, POWER_LOSSES } from './testing/forgetful-files.ts';
import { isPartial, writeAside } from './write-aside.ts';

const OLD = Uint8Array.of(1, 1, 1, 1);
const NEW = Uint8Array.of(2, 2, 2, 2);
const PATH = '/d/file';

function disk(): ForgetfulFiles {
  return new ForgetfulFiles(new Map([[PATH, OLD]]));
}

function write(files: ForgetfulFiles): Promise<void> {
  return writeAside(files, PATH, (file) => file.write(NEW, 0));
}

async function content(files: ForgetfulFiles, path = PATH): Promise<Uint8Array> {
  const file = await files.openToRead(path);
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

const CALLS = ['create', 'write', 'sync', 'rename', 'sync directory'];

test('create, write, sync, rename, sync of the directory, in this order', async () => {
  const files = disk();
  await write(files);
  expect(files.calls.map((call) => CALLS.findLast((name) => call.startsWith(name)))).toEqual(CALLS);
  expect(await content(files)).toEqual(NEW);
  expect(await files.list('/d')).toEqual(['file']);
});

describe.each(POWER_LOSSES)('a crash after which the disk %s', (loss) => {
  test.each(CALLS.map((call, at) => [call, at] as const))(
    'at %s leaves the old file or the whole new one',
    async (_, at) => {
      const files = disk().failAt({ at, kind: 'crash' });
      await expect(write(files)).rejects.toThrow(CrashError);
      const left = files.afterPowerLoss(loss);
      expect([OLD, NEW]).toContainEqual(await content(left));
      const others = (await left.list('/d')).filter((name) => name !== 'file');
      expect(others.filter((name) => !isPartial(name))).toEqual([]);
    },
  );

  test('when all is done leaves the new file', async () => {
    const files = disk();
    await write(files);
    expect(await content(files.afterPowerLoss(loss))).toEqual(NEW);
  });
});

describe.each(['ENOSPC', 'EIO'] as const)('%s', (kind) => {
  test.each([0, 1, 2, 3])('at call %i leaves the old file, nothing beside it, and the code', async (at) => {
    const files = disk().failAt({ at, kind });
    await expect(write(files).catch(fileErrorCode)).resolves.toBe(kind);
    expect(await content(files)).toEqual(OLD);
    expect(await files.list('/d')).toEqual(['file']);
  });

  test('at the last sync is an error, although the file is there', async () => {
    const files = disk().failAt({ at: 4, kind });
    await expect(write(files).catch(fileErrorCode)).resolves.toBe(kind);
    expect(await content(files)).toEqual(NEW);
  });
});
