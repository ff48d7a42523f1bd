import { describe, expect, jest, test } from '@jest/globals';
import type { StragglerPolicy } from '../../crds/policies.ts';
import { runJob } from './run-job.ts';
import { programFile, smallJob } from './small-job.ts';

jest.setTimeout(120_000);

function jobWith(action: StragglerPolicy['action'], fault?: string) {
  return smallJob({
    program: { path: programFile('faulty'), parameters: { rank: 1, ...(fault !== undefined && { fault }) } },
    training: { steps: 120 },
    stragglerPolicy: { action, ratio: 3, forSeconds: 1 },
  });
}

describe('a worker whose gradients take much longer than those of the others', () => {
  test('is named; with action replace it gets a new attempt, and the weights are those of the undisturbed run', async () => {
    const undisturbed = await runJob(jobWith('replace'));
    const { exitCode, err, result } = await runJob(jobWith('replace', 'slow'));
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
    expect(err).toMatch(/for more than 1 s the gradients of worker 1 have taken at least 3 times as long/);
    expect(err).toContain('worker 1 was given up (WorkerSlow); it is not counted');
    expect(err).toContain('worker 1 got a new attempt');
    expect(result.weightsHashes).toEqual(undisturbed.result.weightsHashes);
    expect(undisturbed.err).not.toContain('WorkerSlow');
  });

  test('with action warn it is only named', async () => {
    const { exitCode, err } = await runJob(jobWith('warn', 'slow'));
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
    expect(err).toMatch(/the gradients of worker 1 have taken/);
    expect(err).not.toContain('got a new attempt');
  });
});
