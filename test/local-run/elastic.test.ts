import { describe, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { requestScale } from '../../operator/local/control/request-scale.ts';
import type { RunningJob } from './run-job.ts';
import { withRun } from './run-job.ts';
import { programFile, smallJob } from './small-job.ts';

jest.setTimeout(120_000);

/** Every gradient takes 60 ms, so that there is time to change the size. */
const slowly = { path: programFile('faulty'), parameters: { fault: 'slow' } };

function scale(run: RunningJob, replicas: number): Promise<unknown> {
  const folder = run.sandbox.temporaryFiles.find((name) => name.startsWith('terngrad-'));
  return requestScale(join(run.sandbox.temporary, String(folder)), replicas);
}

describe('a job that grows and shrinks while it trains', () => {
  test('takes in a worker that has followed the others before, and ends with equal weights on all ranks', async () => {
    const job = smallJob({
      workers: { replicas: 2, elastic: { minReplicas: 1, maxReplicas: 3 } },
      program: slowly,
      training: { steps: 150 },
    });
    await withRun(job, async (run) => {
      await run.printed('2/2 workers train');
      await scale(run, 3);
      await run.found(/formed {2}generation=2 members=3/g, 3);
      await scale(run, 2);
      await run.found(/formed {2}generation=3 members=2/g, 2);
      const { exitCode, err, result } = await run.ended();
      expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
      expect(err).toMatch(/^\[2\].* follows the others until it has caught up/m);
      // Nobody had to wait for a copy.
      expect(err).not.toContain('stateCopiedFrom');
      expect(err).not.toContain('cannot follow');
      expect(new Set(result.weightsHashes).size).toBe(1);
    });
  });
});
