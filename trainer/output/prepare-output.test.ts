import { expect, test } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { prepareOutput } from './prepare-output.ts';

test('makes the directory of a file, and nothing in it', async () => {
  await withDirectory(async (parent) => {
    await prepareOutput(join(parent, 'new', 'model.safetensors'), 'safetensors');
    expect(await readdir(join(parent, 'new'))).toEqual([]);
  });
});

test('makes the directory of a tfjs model', async () => {
  await withDirectory(async (parent) => {
    await prepareOutput(join(parent, 'new'), 'tfjs');
    expect(await readdir(join(parent, 'new'))).toEqual([]);
  });
});

test('an earlier model may be there', async () => {
  await withDirectory(async (parent) => {
    await writeFile(join(parent, 'model.safetensors'), 'x');
    await prepareOutput(join(parent, 'model.safetensors'), 'safetensors');
  });
});

test('a file cannot be written where a directory is', async () => {
  await withDirectory(async (parent) => {
    const path = join(parent, 'model');
    await mkdir(path);
    await expect(prepareOutput(path, 'safetensors')).rejects.toMatchObject({ code: 'OUTPUT_PLACE', path });
    await expect(prepareOutput(path, 'safetensors')).rejects.toThrow(
      /output\.path .*EISDIR: it is a directory; name a file/,
    );
  });
});

test('a directory cannot be made where a file is', async () => {
  await withDirectory(async (parent) => {
    const path = join(parent, 'model');
    await writeFile(path, 'x');
    await expect(prepareOutput(path, 'tfjs')).rejects.toThrow(/output\.path .*EEXIST: .*choose another path/);
  });
});
