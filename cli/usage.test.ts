import { describe, expect, test } from '@jest/globals';
import { cli, jobText, specOfSmallJob, withFiles } from './testing/cli-fixture.ts';

describe('wrong input ends with code 64 and one message without a stack', () => {
  test.each([
    ['an unknown command', ['rum'], /unknown command 'rum'\n\(Did you mean run\?\)/],
    [
      'an unknown option',
      ['run', '-f', 'x', '--worker', '2'],
      /unknown option '--worker'\n\(Did you mean --workers\?\)/,
    ],
    ['no job file', ['run'], /no job file is given; add -f job\.yaml/],
    [
      'a job file that is not there',
      ['run', '-f', 'no.yaml'],
      /cannot read the job file no\.yaml: there is no such file/,
    ],
    ['a directory as job file', ['validate', '-f', '.'], /cannot read the job file \.: it is a directory/],
    [
      'no workers',
      ['run', '-f', 'x', '--workers', '0'],
      /'--workers <n>' argument '0' is invalid\. It must be 1 or more/,
    ],
    ['half a worker', ['run', '-f', 'x', '--workers', '1.5'], /It must be a whole number/],
    ['a port beyond the last', ['run', '-f', 'x', '--port', '65536'], /It must be in 1\.\.65535/],
    [
      'an unknown codec',
      ['run', '-f', 'x', '--codec', 'zip'],
      /Allowed choices are ternary, float16, float32/,
    ],
    ['steps and epochs', ['run', '-f', 'x', '--steps', '1', '--epochs', '1'], /cannot be used with option/],
  ])('%s', async (_, args, message) => {
    const { exitCode, out, err } = await cli(args);
    expect(exitCode).toBe(64);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^ +at /m);
  });

  test('an unknown field, with its line and a suggestion', async () => {
    const text = jobText(['workers: {replica: 2}', ...specOfSmallJob.slice(1)]);
    await withFiles({ 'job.yaml': text }, async (folder) => {
      const { exitCode, err } = await cli(['run', '-f', `${folder}/job.yaml`]);
      expect(exitCode).toBe(64);
      expect(err).toContain('job.yaml:5:13');
      expect(err).toContain("did you mean 'replicas'?");
    });
  });

  test('the job file may stand without -f', async () => {
    expect((await cli(['validate', 'no.yaml'])).err).toContain('cannot read the job file no.yaml');
  });

  test('a stack is shown with --debug, before or after the command', async () => {
    for (const args of [
      ['--debug', 'run', '-f', 'no.yaml'],
      ['run', '-f', 'no.yaml', '--debug'],
    ]) {
      expect((await cli(args)).err).toMatch(/^ +at /m);
    }
  });
});

describe('help', () => {
  test('the first page names the commands and the order to try them in', async () => {
    const { exitCode, out } = await cli(['--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain('Start with:\n  terngrad validate -f job.yaml');
    for (const command of ['run', 'validate', 'explain', 'inspect', 'demo', 'version'])
      expect(out).toContain(`\n  ${command}`);
  });

  test.each(['run', 'validate', 'explain'])('%s --help ends with examples', async (command) => {
    const { exitCode, out } = await cli([command, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Examples:\n  terngrad ${command} -f `);
  });

  test('the version names the job API too', async () => {
    expect((await cli(['version'])).out).toBe(
      `terngrad 1.2.3\napi terngrad.dev/v1alpha1\nnode ${process.version}\n`,
    );
    expect((await cli(['--version'])).out).toBe('1.2.3\n');
  });
});
