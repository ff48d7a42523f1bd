import { expect, test } from '@jest/globals';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { writeSafetensors } from './write-safetensors.ts';

const TENSORS = [
  { name: 'dense/kernel', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
  { name: 'dense/bias', shape: [1], values: Float32Array.of(-5) },
];

/** As somebody reads it who knows nothing but the format's page. */
async function readAsStranger(path: string): Promise<{ header: Record<string, unknown>; data: number[] }> {
  const bytes = await readFile(path);
  const dataAt = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, dataAt)) as Record<string, unknown>;
  return { header, data: [...new Float32Array(Uint8Array.from(bytes.subarray(dataAt)).buffer)] };
}

test("any reader of safetensors finds the weights by the model's names", async () => {
  await withDirectory(async (parent) => {
    const path = join(parent, 'new', 'model.safetensors');
    await writeSafetensors(path, TENSORS, { step: '7' });
    const { header, data } = await readAsStranger(path);
    expect(header).toEqual({
      __metadata__: expect.objectContaining({ format: 'terngrad-weights', step: '7' }),
      'dense/kernel': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      'dense/bias': { dtype: 'F32', shape: [1], data_offsets: [16, 20] },
    });
    expect(data).toEqual([1, 2, 3, 4, -5]);
    await writeSafetensors(path, TENSORS.slice(1), {});
    expect((await readAsStranger(path)).data).toEqual([-5]);
    expect(await readdir(join(parent, 'new'))).toEqual(['model.safetensors']);
  });
});

test('a path where a directory lies is refused with a remedy, and nothing is left beside it', async () => {
  await withDirectory(async (parent) => {
    const path = join(parent, 'directory');
    await mkdir(path);
    await expect(writeSafetensors(path, TENSORS, {})).rejects.toMatchObject({ code: 'OUTPUT_WRITE', path });
    await expect(writeSafetensors(path, TENSORS, {})).rejects.toThrow(
      /EISDIR: it is a directory; name a file/,
    );
    expect(await readdir(parent)).toEqual(['directory']);
  });
});
