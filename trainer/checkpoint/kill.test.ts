import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withDirectory } from '../safetensors/testing/temporary-directory.ts';
import { findNewest } from './find-newest.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { JOB_UID, SIGNATURE } from './testing/example-state.ts';
import { largeRegions, largeState } from './testing/large-state.ts';

const script = fileURLToPath(new URL('./testing/saving-process.ts', import.meta.url));

/** Runs until two steps were saved and `delayMs` more, then SIGKILL. Returns the last step that it said was saved. */
async function saveUntilKilled(directory: string, firstStep: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, String(firstStep)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let lastSaved = firstStep - 1;
  let wait: Promise<void> | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lastSaved = Number(line);
      if (lastSaved > firstStep) wait ??= sleep(delayMs).then(() => void child.kill('SIGKILL'));
    }
    await wait;
  } finally {
    child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return lastSaved;
}

test('a process killed at any time while it saves has lost nothing that it said was saved', async () => {
  await withDirectory(async (directory) => {
    let step = 1;
    for (const delayMs of [0, 2, 5, 11, 23]) {
      const lastSaved = await saveUntilKilled(directory, step, delayMs);
      const newest = await findNewest(directory, { jobUid: JOB_UID, signature: SIGNATURE });
      if (newest.kind === 'none') throw new Error('a fresh start');
      expect(newest.passedOver).toEqual([]);
      // The next one may have been renamed before it could be said.
      ({ step } = newest.checkpoint.facts);
      expect([lastSaved, lastSaved + 1]).toContain(step);
      const regions = largeRegions(0);
      await loadCheckpoint(newest.checkpoint, largeState, regions);
      expect(regions[0].values.every((value) => value === step)).toBe(true);
      step += 1;
    }
  });
}, 120_000);
