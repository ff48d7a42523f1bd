import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDirectory } from './testing/temporary-directory.ts';
import { fileErrorCode } from './file-error.ts';
import { nodeFiles } from './node-files.ts';

test('writes at places, reads at places, and less than asked for only at the end', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'file');
    const writer = await nodeFiles.createNew(path);
    await writer.write(Uint8Array.of(3, 4), 2);
    await writer.write(Uint8Array.of(1, 2), 0);
    await writer.sync();
    await writer.close();
    expect([...(await readFile(path))]).toEqual([1, 2, 3, 4]);

    const reader = await nodeFiles.openToRead(path);
    expect(await reader.size()).toBe(4);
    const into = new Uint8Array(3);
    expect(await reader.read(into, 2)).toBe(2);
    expect([...into]).toEqual([3, 4, 0]);
    await reader.close();
    await nodeFiles.syncDirectory(directory);
  });
});

test("a new file takes nobody's place, not even that of a link that leads nowhere", async () => {
  await withDirectory(async (directory) => {
    await writeFile(join(directory, 'file'), 'x');
    await symlink('/nowhere', join(directory, 'link'));
    for (const name of ['file', 'link']) {
      await expect(nodeFiles.createNew(join(directory, name)).catch(fileErrorCode)).resolves.toBe('EEXIST');
    }
  });
});

test('a named pipe does not hold a reader', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const file = await nodeFiles.openToRead(path);
    expect(await file.size()).toBe(0);
    await file.close();
  });
});

test('tells the uppermost directory that it made', async () => {
  await withDirectory(async (directory) => {
    expect(await nodeFiles.makeDirectory(join(directory, 'a', 'b'))).toBe(join(directory, 'a'));
    expect(await nodeFiles.makeDirectory(join(directory, 'a'))).toBeUndefined();
  });
});
