import { describe, expect, test } from '@jest/globals';
import { ForgetfulFiles } from '../safetensors/testing/forgetful-files.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { checkpointName } from './file-name.ts';
import { retainNewest } from './retention.ts';
import { exampleState, factsAt, filledRegions, JOB_UID } from './testing/example-state.ts';

const path = (step: number): string => `/d/${checkpointName(step)}`;

/** A disk with whole checkpoints of these steps and jobs, and with files of other content. */
async function disk(
  steps: readonly { readonly step: number; readonly jobUid?: string }[],
  others: Readonly<Record<number, Uint8Array>> = {},
): Promise<ForgetfulFiles> {
  const contents = new Map<string, Uint8Array>();
  for (const { step, jobUid = JOB_UID } of steps) {
    const files = new ForgetfulFiles();
    await new CheckpointWriter({ directory: '/d', keep: 1, state: exampleState, files }).save(
      factsAt(step, { jobUid }),
      filledRegions(step),
    );
    const file = await files.openToRead(path(step));
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    contents.set(path(step), bytes);
  }
  for (const [step, bytes] of Object.entries(others)) contents.set(path(Number(step)), bytes);
  return new ForgetfulFiles(contents);
}

async function left(files: ForgetfulFiles): Promise<number[]> {
  return (await files.list('/d')).map((name) => Number(name.slice(5, 15))).sort((a, b) => a - b);
}

const own = (...steps: number[]): { step: number }[] => steps.map((step) => ({ step }));
const policy = (keep: number, newestStep: number) => ({ keep, newestStep, jobUid: JOB_UID });

describe('of five checkpoints', () => {
  test.each([
    [1, [5]],
    [3, [3, 4, 5]],
    [5, [1, 2, 3, 4, 5]],
    [9, [1, 2, 3, 4, 5]],
  ])('the newest %i stay', async (keep, expected) => {
    const files = await disk(own(1, 2, 3, 4, 5));
    const { removed, notRemoved } = await retainNewest('/d', policy(keep, 5), files);
    expect(await left(files)).toEqual(expected);
    expect(removed).toHaveLength(5 - expected.length);
    expect(notRemoved).toEqual([]);
  });
});

test('a file that is cut does not count, so one more whole one stays', async () => {
  const files = await disk(own(1, 2, 4), { 3: new Uint8Array(10) });
  await retainNewest('/d', policy(2, 4), files);
  expect(await left(files)).toEqual([2, 3, 4]);
});

test("another job's file neither counts nor goes", async () => {
  const files = await disk([
    { step: 1, jobUid: 'other' },
    ...own(2, 3),
    { step: 4, jobUid: 'other' },
    ...own(5),
  ]);
  await retainNewest('/d', policy(2, 5), files);
  expect(await left(files)).toEqual([1, 3, 4, 5]);
});

test('what was just saved stays, also when a file of a later step, which could not be used, is there', async () => {
  const files = await disk(own(100, 200, 300));
  const { removed } = await retainNewest('/d', policy(1, 200), files);
  expect(removed).toEqual([path(100)]);
  expect(await left(files)).toEqual([200, 300]);
});

test('a file that cannot be removed is named, and the others go', async () => {
  const files = (await disk(own(1, 2, 3))).failAt({ at: 0, kind: 'EIO' });
  expect(await retainNewest('/d', policy(1, 3), files)).toEqual({
    removed: [path(1)],
    notRemoved: [{ file: path(2), reason: 'EIO: the device failed; check its health' }],
  });
});
