import { expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJob } from './run-job.ts';
import { smallJob } from './small-job.ts';

jest.setTimeout(120_000);

const CHOSEN = /chose what gradients are sent as: (ternary|float16|float32): a step takes/g;

test('codec: auto tries on the way, chooses once for all ranks, and a resumed job keeps the choice', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'auto-codec-test-'));
  const job = smallJob({
    training: { steps: 44 },
    compression: { codec: 'auto' },
    checkpoint: { directory, everySteps: 40 },
  });
  try {
    const { result, err } = await runJob(job);
    const chosen = [...err.matchAll(CHOSEN)].map(([, codec]) => codec);
    expect(chosen).toHaveLength(1);
    expect(result).toMatchObject({ phase: 'Succeeded', codec: chosen[0], steps: 44 });
    expect(result.codecReason).toContain('a step takes');
    expect(new Set(result.weightsHashes).size).toBe(1);
    // Both float codecs were on the wire, or one and a good reason not to try the other.
    expect(result.compressionRatio).toBeLessThan(10);

    rmSync(join(directory, 'step-0000000044.safetensors'));
    const resumed = await runJob(job);
    expect(resumed.err).toContain('resumed from a checkpoint');
    expect(resumed.err).not.toMatch(CHOSEN);
    expect(resumed.result).toMatchObject({
      phase: 'Succeeded',
      codec: chosen[0],
      weightsHashes: result.weightsHashes,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
