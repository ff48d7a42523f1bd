import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExitCode } from '../../crds/exit-codes.ts';
import type { TernGradJob } from '../../crds/job.ts';
import { canMount, Volume } from '../../trainer/checkpoint/testing/volume.ts';
import { resealed } from '../../trainer/safetensors/testing/resealed.ts';
import { gatedProgram } from './gate.ts';
import { runJob, withRun } from './run-job.ts';
import { smallJob, type SpecChange } from './small-job.ts';

jest.setTimeout(180_000);

const { badConfiguration, badData, done, stopped } = ExitCode;

/** Everything that a state can have: two optimizer slots, an average, delayed scalers, batch norm's statistics; 12 steps over two epochs. */
const training: NonNullable<SpecChange['training']> = {
  steps: 12,
  optimizer: { name: 'adam' },
  ema: { decay: 0.9 },
};

function job(directory: string, change: SpecChange = {}): TernGradJob {
  return smallJob({
    program: { ...smallJob().spec.program, parameters: { batchNorm: true } },
    training,
    compression: { scalerTiming: 'delayed' },
    exchange: { overlap: true },
    checkpoint: { directory, everySteps: 4, keep: 9 },
    ...change,
  });
}

const nameOf = (step: number): string => `step-${String(step).padStart(10, '0')}.safetensors`;

/** The directory of a run that came to its end: steps 4, 8 and 12. */
let store: string;
let parent: string;
/** Of the same job without checkpoints. */
let undisturbedHash: string | null | undefined;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'checkpoints-test-'));
  store = join(parent, 'store');
  const { checkpoint: _, ...withoutCheckpoints } = job(store).spec;
  undisturbedHash = (await runJob({ ...job(store), spec: withoutCheckpoints })).result.weightsHashes[0];
  const { exitCode, err, result } = await runJob(job(store));
  expect({ exitCode, err }).toMatchObject({ exitCode: done });
  expect(result.weightsHashes[0]).toBe(undisturbedHash);
});

afterAll(() => rmSync(parent, { recursive: true }));

/** A copy of the store, for one test. */
function copyOfStore(): string {
  const directory = mkdtempSync(join(parent, 'copy-'));
  cpSync(store, directory, { recursive: true });
  return directory;
}

test('checkpoints lie at their steps, beside the UID of the job', () => {
  expect(readdirSync(store).sort()).toEqual(['job-uid', nameOf(4), nameOf(8), nameOf(12)]);
});

describe('resume equals the uninterrupted run bit for bit', () => {
  test.each([4, 8, 12])('from step %i', async (step) => {
    const directory = copyOfStore();
    for (const later of [4, 8, 12].filter((one) => one > step)) rmSync(join(directory, nameOf(later)));
    const { exitCode, err, result } = await runJob(job(directory));
    expect({ exitCode, err }).toMatchObject({ exitCode: done });
    expect(err).toContain(`resumed from a checkpoint  file=${join(directory, nameOf(step))} step=${step}`);
    expect(result.weightsHashes).toEqual([undisturbedHash, undisturbedHash]);
  });

  test('after a stop: the state is saved on the way out', async () => {
    const directory = join(parent, 'stopped');
    const program = { ...gatedProgram(5), parameters: { gateStep: 5, batchNorm: true } };
    const gated = job(directory, { program, checkpoint: { directory, everySeconds: 600 } });
    const saved = await withRun(gated, async (run) => {
      await run.atGate();
      run.signal('SIGINT');
      await run.printed('the workers were asked to stop');
      run.openGate();
      const { exitCode, err } = await run.ended();
      const names = readdirSync(directory).filter((name) => name.startsWith('step-'));
      expect({ exitCode, names, err }).toMatchObject({ exitCode: stopped, names: [expect.any(String)] });
      return names;
    });
    await withRun(gated, async (run) => {
      run.openGate();
      const { exitCode, err, result } = await run.ended();
      expect({ exitCode, err }).toMatchObject({ exitCode: done });
      expect(err).toContain(`resumed from a checkpoint  file=${join(directory, saved[0]!)}`);
      expect(result.weightsHashes[0]).toBe(undisturbedHash);
    });
  });

  test('from another job, with checkpoint.resumeFrom', async () => {
    const directory = join(parent, 'other-job');
    const resumeFrom = join(store, nameOf(8));
    const { err, result } = await runJob(
      job(directory, { checkpoint: { directory, everySteps: 4, resumeFrom } }),
    );
    expect(err).toContain(`resumed from a checkpoint  file=${resumeFrom} step=8`);
    expect(result.weightsHashes[0]).toBe(undisturbedHash);
    expect(readFileSync(join(directory, 'job-uid'), 'utf8')).not.toBe(
      readFileSync(join(store, 'job-uid'), 'utf8'),
    );
  });
});

test('a damaged newest checkpoint is passed over with a warning, and the run ends as the uninterrupted one', async () => {
  const directory = copyOfStore();
  truncateSync(join(directory, nameOf(12)), 5000);
  const { exitCode, err, result } = await runJob(job(directory));
  expect(exitCode).toBe(done);
  expect(err).toMatch(
    /warn +a checkpoint cannot be used; an older one is taken .*step-0000000012.*it is cut short/,
  );
  expect(err).toContain(`resumed from a checkpoint  file=${join(directory, nameOf(8))} step=8`);
  expect(result.weightsHashes[0]).toBe(undisturbedHash);
});

describe('refused with a named reason, never a start from step 0', () => {
  test.each<[string, number, string, RegExp, (directory: string) => SpecChange]>([
    [
      'when every checkpoint is damaged',
      badData,
      'NoCompleteCheckpoint',
      /none of the checkpoints in .* is complete; .*\n.*step-0000000012.*\n.*step-0000000008.*\n.*step-0000000004/,
      (directory) => {
        for (const step of [4, 8, 12]) truncateSync(join(directory, nameOf(step)), 100);
        return {};
      },
    ],
    [
      'when the newest is of another training',
      badConfiguration,
      'ForeignCheckpoint',
      /step-0000000012.* is of another model, or trained otherwise/,
      () => ({ training: { ...training, seed: 99 } }),
    ],
    [
      'when the newest is of another job',
      badConfiguration,
      'ForeignCheckpoint',
      /step-0000000012.* belongs to another job .*checkpoint\.resumeFrom/,
      (directory) => {
        rmSync(join(directory, 'job-uid'));
        return {};
      },
    ],
    [
      'when the newest is of a newer version',
      badConfiguration,
      'NewerFormat',
      /step-0000000012.* has format version 2; this version of terngrad reads up to 1/,
      (directory) => {
        const file = join(directory, nameOf(12));
        const newer = (json: string): string => json.replace('"formatVersion":"1"', '"formatVersion":"2"');
        writeFileSync(file, resealed(readFileSync(file), newer));
        return {};
      },
    ],
    [
      'when resumeFrom is not there',
      badConfiguration,
      'CheckpointUnreadable',
      /cannot read the checkpoint .*nowhere: ENOENT/,
      (directory) => {
        for (const step of [4, 8, 12]) rmSync(join(directory, nameOf(step)));
        return { checkpoint: { directory, everySteps: 4, resumeFrom: join(directory, 'nowhere') } };
      },
    ],
  ])('%s', async (_, code, reason, message, change) => {
    const directory = copyOfStore();
    const before = readdirSync(directory);
    const changed = job(directory, change(directory));
    const { exitCode, err, result } = await runJob(changed);
    expect({ exitCode, err }).toMatchObject({ exitCode: code });
    expect(err).toMatch(message);
    expect(result).toMatchObject({ phase: 'Failed', reason });
    // Nothing was saved over what was there.
    expect(before).toEqual(
      expect.arrayContaining(readdirSync(directory).filter((name) => name.startsWith('step-'))),
    );
  });

  test('when a file lies where the directory should be', async () => {
    const directory = join(parent, 'file');
    writeFileSync(directory, '');
    const { exitCode, err } = await runJob(job(directory));
    expect(exitCode).toBe(badConfiguration);
    expect(err).toMatch(/ENOTDIR: .*choose another path|EEXIST: .*choose another path/);
  });
});

(canMount() ? test : test.skip)(
  'a full volume does not end the training: each save that failed is a warning',
  async () => {
    // Room for the job's UID and the probe, not for a state.
    const volume = new Volume('12k');
    try {
      const { exitCode, err, result } = await runJob(job(volume.path));
      expect({ exitCode, err }).toMatchObject({ exitCode: done });
      expect(
        err.match(/training goes on without this checkpoint: .*ENOSPC: the volume is full/g),
        // The last of three is tried once more before the job ends.
      ).toHaveLength(4);
      expect(result.weightsHashes[0]).toBe(undisturbedHash);
      expect(readdirSync(volume.path)).toEqual(['job-uid']);
    } finally {
      volume.remove();
    }
  },
);

describe('the trained model', () => {
  test('as safetensors holds the weights whose hash all workers confirmed', async () => {
    const path = join(parent, 'model.safetensors');
    const { result } = await runJob(smallJob({ output: { path } }));
    const bytes = readFileSync(path);
    const dataAt = 8 + Number(bytes.readBigUInt64LE());
    expect(createHash('sha256').update(bytes.subarray(dataAt)).digest('hex')).toBe(result.weightsHashes[0]);
  });

  test('as tfjs is a folder with model.json and its weights', async () => {
    const path = join(parent, 'model');
    const { exitCode } = await runJob(smallJob({ output: { path, format: 'tfjs' } }));
    expect(exitCode).toBe(done);
    const model = JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')) as {
      weightsManifest: { paths: string[]; weights: { name: string }[] }[];
    };
    const names = model.weightsManifest.flatMap(({ weights }) => weights.map(({ name }) => name));
    expect(names).toEqual(['hidden/kernel', 'hidden/bias', 'logits/kernel', 'logits/bias']);
    expect(existsSync(join(path, model.weightsManifest[0]!.paths[0]!))).toBe(true);
  });

  test('is refused before the training when its place cannot be written', async () => {
    const path = join(parent, 'store', 'job-uid', 'model');
    const { exitCode, err, result } = await runJob(smallJob({ output: { path } }));
    expect(exitCode).toBe(badConfiguration);
    expect(err).toMatch(
      /the trained model cannot be written to output\.path .*EEXIST: .*choose another path/,
    );
    expect(result).toMatchObject({ phase: 'Failed', reason: 'OutputPlace', steps: 0 });
  });
});
