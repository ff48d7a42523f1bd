import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ForgetfulFiles } from '../safetensors/testing/forgetful-files.ts';
import { resealed } from '../safetensors/testing/resealed.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import type { CheckpointFacts } from './facts.ts';
import { findNewest } from './find-newest.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { exampleState, factsAt, filledRegions, JOB_UID, SIGNATURE } from './testing/example-state.ts';

const DIRECTORY = '/checkpoints';
const EXPECTED = { jobUid: JOB_UID, signature: SIGNATURE };
const path = (step: number): string => `${DIRECTORY}/step-${String(step).padStart(10, '0')}.safetensors`;

async function bytesOf(facts: CheckpointFacts): Promise<Uint8Array> {
  const files = new ForgetfulFiles();
  const writer = new CheckpointWriter({ directory: DIRECTORY, keep: 9, state: exampleState, files });
  await writer.save(facts, filledRegions(facts.step));
  const file = await files.openToRead(path(facts.step));
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** A disk with these files; `undefined` bytes: the whole checkpoint of that step. */
async function disk(...steps: (readonly [step: number, bytes?: Uint8Array])[]): Promise<ForgetfulFiles> {
  const contents = new Map<string, Uint8Array>();
  for (const [step, bytes] of steps) contents.set(path(step), bytes ?? (await bytesOf(factsAt(step))));
  return new ForgetfulFiles(contents);
}

const cut = (bytes: Uint8Array, length: number): Uint8Array => bytes.subarray(0, length);

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 0x10;
  return changed;
}

test('an empty directory: nothing, and a fresh start is right', async () => {
  expect(await findNewest(DIRECTORY, EXPECTED, await disk())).toEqual({ kind: 'none' });
});

test('files that are no checkpoints do not matter', async () => {
  const files = new ForgetfulFiles(new Map([[`${DIRECTORY}/job-uid`, new Uint8Array(3)]]));
  expect(await findNewest(DIRECTORY, EXPECTED, files)).toEqual({ kind: 'none' });
});

test('the newest of several', async () => {
  const newest = await findNewest(DIRECTORY, EXPECTED, await disk([100], [200], [99]));
  expect(newest).toMatchObject({ kind: 'found', checkpoint: { file: path(200) }, passedOver: [] });
});

describe('a newest file that is damaged is passed over, with the reason, for the one before', () => {
  test.each<[string, (whole: Uint8Array) => Uint8Array, RegExp]>([
    ['empty', (whole) => cut(whole, 0), /cut short, at 0 bytes/],
    ['cut in its length', (whole) => cut(whole, 5), /cut short, at 5 bytes/],
    ['cut in its header', (whole) => cut(whole, 100), /cut short in its header, at 100 of/],
    [
      'cut in its tensors',
      (whole) => cut(whole, whole.byteLength - 7),
      /cut short: \d+ bytes, and its header speaks of/,
    ],
    ['with bytes after its end', (whole) => Uint8Array.of(...whole, 0), /too long/],
    ['with a flipped bit in its header', (whole) => flipped(whole, 80), /header is damaged: checksum/],
    [
      'with a flipped bit in a tensor',
      (whole) => flipped(whole, whole.byteLength - 1),
      /tensor nonTrainable\/norm\/count has a wrong checksum/,
    ],
    ['all zeros', (whole) => new Uint8Array(whole.byteLength), /not written by terngrad|cut short|JSON/],
    [
      'something else',
      () => new TextEncoder().encode('PK\u0003\u0004 this is a zip'),
      /first bytes are damaged/,
    ],
  ])('%s', async (_, change, reason) => {
    const files = await disk([100], [200, change(await bytesOf(factsAt(200)))]);
    expect(await findNewest(DIRECTORY, EXPECTED, files)).toMatchObject({
      kind: 'found',
      checkpoint: { file: path(100), facts: { step: 100 } },
      passedOver: [{ file: path(200), reason: expect.stringMatching(reason) }],
    });
  });

  test('also two of them', async () => {
    const bad = new Uint8Array(3);
    const newest = await findNewest(DIRECTORY, EXPECTED, await disk([100], [200, bad], [300, bad]));
    expect(newest).toMatchObject({
      checkpoint: { file: path(100) },
      passedOver: [{ file: path(300) }, { file: path(200) }],
    });
  });
});

test('when none is whole there is no silent fresh start: all are named, each with its reason', async () => {
  const files = await disk([100, new Uint8Array(1)], [200, new Uint8Array(2)]);
  const error: unknown = await findNewest(DIRECTORY, EXPECTED, files).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CHECKPOINT_NONE_COMPLETE', directory: DIRECTORY });
  expect((error as Error).message).toBe(
    `none of the checkpoints in ${DIRECTORY} is complete; restore one of them, or move them away to start from step 0:` +
      `\n  ${path(200)}: it is cut short, at 2 bytes\n  ${path(100)}: it is cut short, at 1 bytes`,
  );
});

describe('refused by name, never passed over', () => {
  const otherJob = '00000000-0000-4000-8000-000000000002';

  test("another job's checkpoint", async () => {
    const foreign = await bytesOf(factsAt(200, { jobUid: otherJob, jobName: 'other' }));
    const error: unknown = await findNewest(DIRECTORY, EXPECTED, await disk([100], [200, foreign])).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'CHECKPOINT_FOREIGN', field: 'jobUid', file: path(200) });
    expect((error as Error).message).toBe(
      `${path(200)} belongs to another job (job default/other, UID ${otherJob}; this one has UID ${JOB_UID}): give this ` +
        'job a checkpoint.directory of its own, and to go on from that file name it in checkpoint.resumeFrom',
    );
  });

  test("another model's checkpoint", async () => {
    const foreign = await bytesOf(factsAt(200, { signature: 'bb'.repeat(32) }));
    const finding = findNewest(DIRECTORY, EXPECTED, await disk([100], [200, foreign]));
    await expect(finding).rejects.toMatchObject({
      code: 'CHECKPOINT_FOREIGN',
      field: 'signature',
      file: path(200),
    });
    await expect(finding).rejects.toThrow(/of another model, .*signature bbbb.* and this job has aaaa/);
  });

  test("a newer version's checkpoint", async () => {
    const bytes = await bytesOf(factsAt(200));
    const finding = findNewest(
      DIRECTORY,
      EXPECTED,
      await disk(
        [100],
        [200, resealed(bytes, (json) => json.replace('"formatVersion":"1"', '"formatVersion":"7"'))],
      ),
    );
    await expect(finding).rejects.toMatchObject({ code: 'NEWER_FORMAT', file: path(200), formatVersion: 7 });
  });
});

describe('one file by its path', () => {
  test("may be another job's", async () => {
    const files = await disk([200, await bytesOf(factsAt(200, { jobUid: 'other' }))]);
    expect((await openCheckpoint(path(200), { signature: SIGNATURE }, files)).facts.jobUid).toBe('other');
  });

  test('must have the signature', async () => {
    const opening = openCheckpoint(path(1), { signature: 'cc' }, await disk([1]));
    await expect(opening).rejects.toMatchObject({ code: 'CHECKPOINT_FOREIGN', field: 'signature' });
  });

  test('that is not there is an error with its name', async () => {
    const opening = openCheckpoint('/elsewhere', { signature: SIGNATURE }, await disk());
    await expect(opening).rejects.toMatchObject({ code: 'CHECKPOINT_UNREADABLE', file: '/elsewhere' });
    await expect(opening).rejects.toThrow(/cannot read the checkpoint \/elsewhere: ENOENT/);
  });

  test('that is damaged is an error with its name', async () => {
    const opening = openCheckpoint(path(1), { signature: SIGNATURE }, await disk([1, new Uint8Array(4)]));
    await expect(opening).rejects.toMatchObject({ code: 'DAMAGED_FILE', file: path(1) });
  });

  test.each([
    ['jobUid', /"jobUid":"[^"]*",/, '', /has no jobUid/],
    ['a step that is no number', /"step":"\d+"/, '"step":"-1"', /step in its header is "-1"/],
    ['another format', /"terngrad-checkpoint"/, '"terngrad-weights"', /of format "terngrad-weights"/],
  ])('without or with another %s is refused', async (_, from, to, message) => {
    const bytes = resealed(await bytesOf(factsAt(1)), (json) => json.replace(from, to));
    await expect(openCheckpoint(path(1), { signature: SIGNATURE }, await disk([1, bytes]))).rejects.toThrow(
      message,
    );
  });
});

test('the file is the same, byte for byte, for the same state', async () => {
  const [one, other] = await Promise.all([bytesOf(factsAt(3)), bytesOf(factsAt(3))]);
  expect(sha256(one)).toBe(sha256(other));
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
