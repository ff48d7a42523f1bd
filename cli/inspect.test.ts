import { describe, expect, test } from '@jest/globals';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointWriter } from '../trainer/checkpoint/checkpoint-writer.ts';
import { stateTensors } from '../trainer/checkpoint/state.ts';
import { writeSafetensors } from '../trainer/output/write-safetensors.ts';
import { resealed } from '../trainer/safetensors/testing/resealed.ts';
import { cli, withFiles } from './testing/cli-fixture.ts';

const slots = [
  { name: 'dense/kernel', shape: [784, 10], size: 7840, offset: 0 },
  { name: 'dense/bias', shape: [10], size: 10, offset: 7840 },
];
const state = stateTensors({ slots, nonTrainable: [{ name: 'norm/count', shape: [], size: 1 }] }, [
  'weights',
  'slot0',
  'nonTrainable',
]);

const nameOf = (step: number): string => `step-${String(step).padStart(10, '0')}.safetensors`;

/** A folder with checkpoints of these steps. */
function withCheckpoints(steps: readonly number[], work: (folder: string) => Promise<void>): Promise<void> {
  return withFiles({}, async (directory) => {
    const writer = new CheckpointWriter({ directory, keep: 9, state });
    const regions = (['weights', 'slot0', 'nonTrainable'] as const).map((kind) => ({
      kind,
      values: new Float32Array(7850).fill(1),
    }));
    for (const step of steps) {
      const job = { jobUid: 'uid-1', jobName: 'lenet', jobNamespace: 'default', signature: 'ab12' };
      const place = { step, totalSteps: 1000, epoch: 2, cursor: 640, generation: 5 };
      await writer.save({ ...job, ...place, stateHash: '0123456789abcdef', backend: 'cpu' }, regions);
    }
    await work(directory);
  });
}

describe('terngrad inspect', () => {
  test('shows whose state it is, where it was taken, and each tensor', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      const { exitCode, out, err } = await cli(['inspect', file]);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
      expect(out).toBe(
        [
          `${file}: complete, all checksums are right`,
          '',
          'format        terngrad-checkpoint',
          'jobUid        uid-1',
          'jobName       lenet',
          'jobNamespace  default',
          'signature     ab12',
          'stateHash     0123456789abcdef',
          'step          100',
          'totalSteps    1000',
          'epoch         2',
          'cursor        640',
          'generation    5',
          'backend       cpu',
          '',
          'part          tensor        shape      size  checksum',
          'weights       dense/kernel  784x10  31.4 kB  ok',
          'weights       dense/bias    10         40 B  ok',
          'slot0         dense/kernel  784x10  31.4 kB  ok',
          'slot0         dense/bias    10         40 B  ok',
          'nonTrainable  norm/count    scalar      4 B  ok',
          '',
          '5 tensors, 62.8 kB; header 768 B',
          '',
        ].join('\n'),
      );
    });
  });

  test('one JSON object', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      const { out } = await cli(['inspect', file, '--output', 'json']);
      expect(JSON.parse(out)).toMatchObject({
        file,
        contents: {
          format: 'terngrad-checkpoint',
          metadata: { step: '100', jobUid: 'uid-1' },
          dataBytes: 62_804,
          tensors: expect.arrayContaining([
            { name: 'slot0/dense/bias', shape: [10], bytes: 40, whole: true },
          ]),
        },
      });
    });
  });

  test('a damaged tensor is named, and the exit code is 1', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      const bytes = await readFile(file);
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(file, bytes);
      const { exitCode, out } = await cli(['inspect', file]);
      expect(exitCode).toBe(1);
      expect(out).toContain(`${file}: cannot be used: wrong checksum of nonTrainable/norm/count\n`);
      expect(out).toMatch(/nonTrainable {2}norm\/count .* WRONG\n/);
      expect(out).toMatch(/dense\/bias .* ok\n/);
    });
  });

  test('a file that is cut, or no file of ours, has a reason and exit code 1', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      await truncate(file, 5000);
      const cut = await cli(['inspect', file]);
      expect(cut.exitCode).toBe(1);
      expect(cut.out).toMatch(
        /: cannot be used: it is cut short: 5000 bytes, and its header speaks of 63572\n$/,
      );
      await writeFile(file, 'something else entirely');
      const foreign = await cli(['inspect', file, '--output', 'json']);
      expect(foreign.exitCode).toBe(1);
      expect(JSON.parse(foreign.out)).toEqual({
        file,
        problem: expect.stringContaining('not written by terngrad'),
      });
    });
  });

  test('a newer format is said so', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      const newer = (json: string): string => json.replace('"formatVersion":"1"', '"formatVersion":"2"');
      await writeFile(file, resealed(await readFile(file), newer));
      const { exitCode, out } = await cli(['inspect', file]);
      expect(exitCode).toBe(1);
      expect(out).toContain('has format version 2; this version of terngrad reads up to 1');
    });
  });

  test('what a file says does not drive the terminal', async () => {
    await withCheckpoints([100], async (folder) => {
      const file = join(folder, nameOf(100));
      const evil = (json: string): string =>
        json.replace('"lenet"', String.raw`"\u001b[2J"`).replace('slot0/dense', String.raw`slot0/\u001b[H`);
      await writeFile(file, resealed(await readFile(file), evil));
      for (const path of [file, folder]) {
        const { exitCode, out } = await cli(['inspect', path]);
        expect(exitCode).toBe(0);
        expect(out).toContain(String.raw`\u001b[2J`);
        expect(out).not.toContain('\u001b');
      }
    });
  });

  test('a directory: one line for each checkpoint, newest first', async () => {
    await withCheckpoints([100, 200], async (folder) => {
      await truncate(join(folder, nameOf(200)), 3);
      await writeFile(join(folder, 'job-uid'), 'x');
      const { exitCode, out } = await cli(['inspect', folder]);
      expect(exitCode).toBe(1);
      const [head, newest, older, ...rest] = out.split('\n');
      expect(head).toMatch(/^file +step +job +size +state$/);
      expect(newest).toMatch(
        new RegExp(String.raw`^${join(folder, nameOf(200))} +it is cut short, at 3 bytes$`),
      );
      expect(older).toMatch(
        new RegExp(String.raw`^${join(folder, nameOf(100))} +100 +default/lenet +63.6 kB +complete$`),
      );
      expect(rest).toEqual(['']);
      const json = JSON.parse((await cli(['inspect', folder, '--output', 'json'])).out) as unknown[];
      expect(json).toHaveLength(2);
    });
  });

  test('a trained model as safetensors', async () => {
    await withFiles({}, async (folder) => {
      const file = join(folder, 'model.safetensors');
      await writeSafetensors(file, [{ name: 'dense/bias', shape: [2], values: Float32Array.of(1, 2) }], {
        step: '9',
      });
      const { exitCode, out } = await cli(['inspect', file]);
      expect(exitCode).toBe(0);
      expect(out).toContain(
        'format  terngrad-weights\nstep    9\n\ntensor      shape  size  checksum\ndense/bias  2       8 B  ok\n',
      );
    });
  });

  test.each([
    ['a path that is not there', 'none', /cannot inspect .*none: ENOENT: /],
    ['a directory without checkpoints', '.', /holds no checkpoints .*name a file, or checkpoint\.directory/],
  ])('%s is a user error', async (_, name, message) => {
    await withFiles({}, async (folder) => {
      const { exitCode, out, err } = await cli(['inspect', join(folder, name)]);
      expect({ exitCode, out }).toEqual({ exitCode: 64, out: '' });
      expect(err).toMatch(message);
    });
  });

  test('help ends with examples', async () => {
    const { exitCode, out } = await cli(['inspect', '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain('Examples:\n  terngrad inspect checkpoints/\n');
  });
});
