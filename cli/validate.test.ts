import { describe, expect, test } from '@jest/globals';
import type { CliRun } from './testing/cli-fixture.ts';
import { cli, jobText, specOfSmallJob, withFiles } from './testing/cli-fixture.ts';

function validate(text: string, others: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  return withFiles({ 'job.yaml': text, ...others }, async (folder) => {
    const { exitCode, out, err } = await cli(['validate', '-f', `${folder}/job.yaml`]);
    return { exitCode, out: out.replaceAll(folder, '<folder>'), err: err.replaceAll(folder, '<folder>') };
  });
}

describe('terngrad validate', () => {
  test('says what a valid job will do', async () => {
    expect(await validate(jobText())).toEqual({
      exitCode: 0,
      err: '',
      out: [
        '<folder>/job.yaml is valid',
        '  job         default/small',
        '  program     logistic, data synthetic',
        '  workers     2, backend auto',
        '  training    40 steps, 64 examples per step, momentum',
        '  gradients   ternary (base3, shared scaler per tensor)',
        '  transport   mutual TLS',
        '',
      ].join('\n'),
    });
  });

  test('lists all problems at once', async () => {
    const { exitCode, out, err } = await validate(
      jobText(['workers: {replicas: 0, backend: cuda}', 'program: {name: lenet}', 'training: {steps: 1}']),
    );
    expect(exitCode).toBe(64);
    expect(out).toBe('');
    expect(err).toContain('2 problems');
    expect(err).toContain('spec.workers.replicas');
    expect(err).toContain('spec.workers.backend');
  });

  test('refuses what the schema has but this version does not carry out', async () => {
    const { exitCode, err } = await validate(jobText([...specOfSmallJob, 'gang: {scheduler: volcano}']));
    expect(exitCode).toBe(64);
    expect(err).toContain('not supported yet');
  });

  test('misses the program file beside the job file', async () => {
    const own = ['program: {path: mine.mjs}', 'training: {steps: 1}'];
    const { exitCode, err } = await validate(jobText(own));
    expect(exitCode).toBe(64);
    expect(err).toBe(
      'error: <folder>/job.yaml cannot be run: 1 problem\n\n  program.path is "mine.mjs": there is no such file (<folder>/mine.mjs); the path is relative to the job file\n',
    );
    expect(await validate(jobText(own), { 'mine.mjs': '' })).toMatchObject({ exitCode: 0 });
  });

  test('reads the data, and says what to do when they are not there', async () => {
    const { exitCode, err } = await validate(
      jobText(['program: {name: lenet}', 'data: {name: mnist, path: pictures}', 'training: {steps: 1}']),
    );
    expect(exitCode).toBe(64);
    expect(err).toContain('  data (mnist): no file train-images');
    expect(err).toContain('data.path must be the directory with the four MNIST files');
  });

  test('TLS switched off stands out', async () => {
    const { out } = await validate(jobText([...specOfSmallJob, 'tls: {enabled: false}']));
    expect(out).toContain('NOT encrypted (tls.enabled is false)');
  });
});
