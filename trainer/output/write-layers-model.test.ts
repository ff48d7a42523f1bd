import { beforeAll, expect, test } from '@jest/globals';
import type * as tfc from '@tensorflow/tfjs-core';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBackend, type TensorFlow } from '../compute/backend.ts';
import { ForgetfulFiles, POWER_LOSSES } from '../safetensors/testing/forgetful-files.ts';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { writeLayersModel, type LayersModel } from './write-layers-model.ts';

const plainTfjs = fileURLToPath(new URL('./testing/plain-tfjs.mjs', import.meta.url));
const INPUT = [0.5, -1, 2, 0.25];

let tf: TensorFlow;
beforeAll(async () => {
  tf = (await openBackend('cpu', { threads: 1 })).backend.tf;
});

/** A model with non-trainable weights too, and what it makes of INPUT. */
function smallModel(): { readonly model: LayersModel; readonly prediction: number[] } {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'hidden', units: 5, inputShape: [4], activation: 'relu' }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.dense({ name: 'logits', units: 3 }),
    ],
  });
  // Every weight has a value of its own, statistics that are not 0 and 1 too.
  model.setWeights(
    model.getWeights().map((weight, i) => tf.add(tf.randomUniform(weight.shape, 0, 1, 'float32', i), 0.1)),
  );
  const prediction = [...(model.predict(tf.tensor([INPUT])) as tfc.Tensor).dataSync()];
  const weights = model.weights.map((weight) => ({
    name: weight.originalName,
    shape: weight.shape as number[],
    values: weight.read().dataSync() as Float32Array,
  }));
  return { model: { topology: model.toJSON(null, false) as object, weights }, prediction };
}

async function loadedByPlainTfjs(folder: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [plainTfjs, folder, JSON.stringify(INPUT)]);
  return JSON.parse(stdout);
}

test('plain tfjs loads the folder, and the model answers the same to the bit', async () => {
  await withDirectory(async (parent) => {
    const folder = join(parent, 'new', 'model');
    const { model, prediction } = smallModel();
    // In another order: weights are found by name.
    await writeLayersModel(folder, { ...model, weights: model.weights.toReversed() });
    const names = ['hidden/kernel', 'hidden/bias', 'norm/gamma', 'norm/beta', 'logits/kernel', 'logits/bias'];
    expect(await loadedByPlainTfjs(folder)).toEqual({
      backend: expect.any(String),
      prediction,
      weights: [...names, 'norm/moving_mean', 'norm/moving_variance'],
    });
    expect((await readdir(folder)).sort()).toEqual([
      'model.json',
      expect.stringMatching(/^weights\.[0-9a-f]{8}\.bin$/),
    ]);
  });
});

const toy = (value: number): LayersModel => ({
  topology: {},
  weights: [{ name: 'w', shape: [2], values: Float32Array.of(value, value) }],
});

test('a model of an earlier run is replaced; what else lies there stays', async () => {
  await withDirectory(async (folder) => {
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeLayersModel(folder, toy(1));
    await writeLayersModel(folder, toy(2));
    const names = await readdir(folder);
    expect(names).toHaveLength(3);
    expect(await weightsIn(folder, (path) => readFile(path))).toEqual([2, 2]);
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

test('a path where a file lies is refused with a remedy', async () => {
  await withDirectory(async (parent) => {
    const path = join(parent, 'file');
    await writeFile(path, 'x');
    await expect(writeLayersModel(path, toy(1))).rejects.toMatchObject({ code: 'OUTPUT_WRITE', path });
    await expect(writeLayersModel(path, toy(1))).rejects.toThrow(
      /cannot write the trained model to output\.path .*EEXIST/,
    );
  });
});

test.each(POWER_LOSSES)('a crash at any call leaves the old model or the new one: disk %s', async (loss) => {
  const before = new ForgetfulFiles();
  await writeLayersModel('/m', toy(1), before);
  const calls = 2 * 5 + 1; // two files, and the removal of the old weights
  for (let at = 0; at < calls; at++) {
    const files = before.afterPowerLoss('keeps what was synced').failAt({ at, kind: 'crash' });
    await expect(writeLayersModel('/m', toy(2), files)).rejects.toThrow(/output\.path/);
    const left = files.afterPowerLoss(loss);
    const value = (await weightsIn('/m', (path) => contentOf(left, path)))[0];
    expect([1, 2]).toContain(value);
  }
});

/** The weights that `model.json` names. */
async function weightsIn(folder: string, read: (path: string) => Promise<Buffer>): Promise<number[]> {
  const model = JSON.parse((await read(join(folder, 'model.json'))).toString()) as {
    weightsManifest: [{ paths: [string] }];
  };
  const bytes = await read(join(folder, model.weightsManifest[0].paths[0]));
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}

async function contentOf(files: ForgetfulFiles, path: string): Promise<Buffer> {
  const file = await files.openToRead(path);
  const bytes = Buffer.alloc(await file.size());
  await file.read(bytes, 0);
  return bytes;
}
