import { describe, expect, test } from '@jest/globals';
import { elastic, job } from '../operator/plan/testing/builders.ts';
import { runLocally } from '../operator/local/run-locally.ts';
import { isAlive, runOptions } from '../operator/local/testing/run-fixture.ts';
import { cli, jobText, withFiles } from './testing/cli-fixture.ts';

const always = { never: true };

/** Runs a job of this name in this process, until `work` is done. */
async function whileRunning(
  name: string,
  work: (pids: readonly number[]) => Promise<void>,
  one = elastic(job(2), 1, 3),
): Promise<void> {
  const stop = new AbortController();
  const pids: number[] = [];
  const named = { ...one, metadata: { ...one.metadata, name } };
  const running = runLocally(
    named,
    runOptions({ 0: always, 1: always, 2: always }),
    {
      onLine: (_, line) => {
        const pid = /"processId":(\d+)/.exec(line)?.[1];
        if (pid !== undefined) pids.push(Number(pid));
      },
    },
    { stop: stop.signal, kill: new AbortController().signal },
  );
  try {
    await until(() => pids.length >= 2);
    await work(pids);
  } finally {
    stop.abort('the test is over');
    await running;
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Of this test alone: other tests run beside it. */
const nameOf = (what: string): string => `${what}-${process.pid}`;

describe('terngrad scale', () => {
  test('changes the number of workers of a running job, by its name', async () => {
    const name = nameOf('grow');
    await whileRunning(name, async (pids) => {
      expect(await cli(['scale', '3', '--job', name])).toMatchObject({
        exitCode: 0,
        out: `${name}: 2 -> 3 workers\n`,
      });
      await until(() => pids.length === 3);
      expect((await cli(['scale', '1', '--job', name])).out).toBe(`${name}: 3 -> 1 workers\n`);
      await until(() => pids.filter(isAlive).length === 1);
    });
  });

  test('finds it by its job file', async () => {
    const name = nameOf('file');
    const text = jobText().replace('{name: small}', `{name: ${name}}`);
    await whileRunning(name, () =>
      withFiles({ 'job.yaml': text }, async (folder) => {
        expect(await cli(['scale', '3', '-f', `${folder}/job.yaml`])).toMatchObject({ exitCode: 0 });
      }),
    );
  });

  test('is refused beyond the bounds, which it names, and the job is unharmed', async () => {
    const name = nameOf('bounds');
    await whileRunning(name, async (pids) => {
      const { exitCode, err, out } = await cli(['scale', '4', '--job', name]);
      expect({ exitCode, out, err }).toEqual({
        exitCode: 64,
        out: '',
        err: `error: the job ${name} cannot have 4 workers: spec.workers.elastic allows 1 to 3\n`,
      });
      expect(pids.filter(isAlive)).toHaveLength(2);
    });
  });

  test('is refused for a job that was started without bounds', async () => {
    const name = nameOf('fixed');
    await whileRunning(
      name,
      async () => {
        const { exitCode, err } = await cli(['scale', '3', '--job', name]);
        expect(exitCode).toBe(64);
        expect(err).toContain(`the job ${name} keeps its size: it was started without spec.workers.elastic`);
      },
      job(2),
    );
  });

  test('is refused where two runs have the name, and leaves both alone', async () => {
    const name = nameOf('twice');
    await whileRunning(name, () =>
      whileRunning(name, async () => {
        const { exitCode, err } = await cli(['scale', '3', '--job', name]);
        expect(exitCode).toBe(64);
        expect(err).toMatch(new RegExp(`several jobs ${name} run on this computer \\(.*terngrad-.*, .*\\)`));
      }),
    );
  });

  test.each([
    ['nothing runs', ['scale', '3', '--job', nameOf('absent')], /no job absent-\d+ of yours runs/],
    ['no job is named', ['scale', '3'], /add -f job.yaml or --job NAME/],
    ['two are', ['scale', '3', '--job', 'a', '-f', 'b.yaml'], /give one/],
    ['the size is none', ['scale', 'many', '--job', 'a'], /must be a whole number/],
    ['the size is 0', ['scale', '0', '--job', 'a'], /must be 1 or more/],
  ])('says so when %s', async (_, args, message) => {
    const { exitCode, err } = await cli(args);
    expect(exitCode).toBe(64);
    expect(err).toMatch(message);
  });
});
