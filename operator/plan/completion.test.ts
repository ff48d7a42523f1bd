import { describe, expect, test } from '@jest/globals';
import { RANK0_ENDS_WITHIN_MS } from './completion.ts';
import { at, job } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';

const words = {
  rank: 1,
  attempt: 1,
  exitCode: 0,
  reason: 'Completed',
  message: 'the job is done',
  steps: 100,
  epochs: 2,
  loss: 0.5,
  weightsHash: 'ab'.repeat(32),
};

/** Worker 1 of a started job ends with 0 at second 10. */
function proved(replicas = 2, ...spec: readonly string[]): Simulation {
  const run = new Simulation({ job: job(replicas, ...spec) }).started();
  run.change(1, { phase: 'succeeded', ready: false, exitCode: 0, finishedAt: at(10), message: words });
  return run;
}

function conditionOf({ status }: Simulation, type: string): string | undefined {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
}

describe('a worker that ended with 0 proves that the training is complete', () => {
  test('rank 0 that dies after it makes the job a success, with the figures of that worker', () => {
    const run = proved();
    run.fail(0, 137, 10);
    expect(run.look(10)).toMatchObject({ start: [], status: { state: 'Succeeded', failureCount: 0 } });
    expect(run.status).toMatchObject({
      step: 100,
      totalSteps: 100,
      loss: 0.5,
      weightsHash: words.weightsHash,
    });
    expect(run.events).toEqual(['JobRunning', 'JobSucceeded']);
  });

  test('also where rank 0 was seen to die first, and its replacement was made already', () => {
    const run = new Simulation({ job: job(2) }).started();
    run.fail(0, 137, 10);
    expect(run.look(10).start).toEqual([{ rank: 0, attempt: 2 }]);
    run.change(1, { phase: 'succeeded', exitCode: 0, finishedAt: at(10), message: words });
    expect(run.look(11).status).toMatchObject({ state: 'Succeeded', weightsHash: words.weightsHash });
    expect(run.look(25).stop).toEqual([{ rank: 0, attempt: 2 }]);
  });

  test('rank 0 that still lives is waited for, but not for ever', () => {
    const run = proved();
    const until = new Date(at(10).getTime() + RANK0_ENDS_WITHIN_MS);
    expect(run.look(11)).toMatchObject({ start: [], stop: [], status: { state: 'Running' } });
    expect(conditionOf(run, 'Running')).toBe(
      'True WorkersFinishing: the training is complete; waiting for the end of worker 0',
    );
    expect(run.preview(69).nextLookAt).toEqual(until);
    expect(run.look(70).status.state).toBe('Succeeded');
  });

  test('no deadline fails what is complete', () => {
    const run = proved(2, 'progressDeadlineSeconds: 20');
    run.look(11);
    expect(run.look(21).status.state).toBe('Succeeded');
  });

  test('another that dies is not replaced, and is no failure', () => {
    const run = proved(3);
    run.fail(2, 137, 11);
    expect(run.look(11)).toMatchObject({ start: [], status: { state: 'Running', failureCount: 0 } });
    run.change(0, { phase: 'succeeded', exitCode: 0, finishedAt: at(12) });
    expect(run.look(12).status.state).toBe('Succeeded');
  });

  test('no rule starts all workers anew', () => {
    const run = proved(3, 'failurePolicy: {rules: [{action: restartAll, exitCodes: [9]}]}');
    run.fail(2, 9, 11);
    run.look(11);
    expect(run.look(12)).toMatchObject({ start: [], stop: [] });
  });

  test('a suspension does not make it train again', () => {
    const run = proved();
    const suspended = { ...run.planned.job, spec: { ...run.planned.job.spec, suspend: true } };
    expect(run.look(11, { job: suspended }).stop).toEqual([{ rank: 0, attempt: 1 }]);
    run.sweep();
    expect(run.look(12, { job: suspended }).status.state).toBe('Succeeded');
  });

  test.each([64, 65, 66])('rank 0 that ends with %d fails the job all the same', (exitCode) => {
    const run = proved();
    run.fail(0, exitCode, 11);
    expect(run.look(11).status).toMatchObject({ state: 'Failed', cause: { rank: 0, exitCode } });
  });

  test('it is remembered when its pod is gone', () => {
    const run = proved();
    run.look(11);
    run.children = run.children.filter(({ rank }) => rank === 0);
    expect(run.look(12)).toMatchObject({ start: [], status: { state: 'Succeeded' } });
  });

  test('a policy that wants more good ends than there can be fails the job, and says that nothing trains again', () => {
    const run = proved(2, 'successPolicy: {when: all}');
    run.fail(0, 137, 11);
    const { start, status } = run.look(11);
    expect(start).toEqual([]);
    expect(status).toMatchObject({
      state: 'Failed',
      cause: { rank: 0, attempt: 1, exitCode: 137, reason: 'SuccessPolicyUnmet' },
    });
    expect(status.cause?.message).toMatch(/not done again.*all workers end well, and worker 0 did not/);
  });
});
