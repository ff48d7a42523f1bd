import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ExitCode } from '../../crds/exit-codes.ts';
import { LOOPBACK } from '../../operator/local/free-port.ts';
import { freePort } from '../../trainer/exchange/testing/free-port.ts';
import { idx, writeTinyMnist } from './idx-files.ts';
import { withLooseJob } from './loose-workers.ts';
import { keepMessages, runJob } from './run-job.ts';
import { programFile, smallJob, type SpecChange } from './small-job.ts';

jest.setTimeout(120_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-data-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a wrong job file starts nothing and ends with 64: it says field, line, value and what is right', () => {
  test.each<[string, unknown, readonly (string | RegExp)[]]>([
    [
      'an unknown field',
      { training: { steps: 4, stepz: 5 } },
      ['spec.training.stepz', /job\.yaml:\d+:\d+/, "'steps'"],
    ],
    [
      'a wrong type',
      { training: { batchSize: 'many' } },
      ['spec.training.batchSize', /job\.yaml:\d+:\d+/, '"many"', 'number'],
    ],
    [
      'fewer examples in a batch than workers',
      { training: { batchSize: 1 } },
      ['spec.training.batchSize', 'is 1', 'workers'],
    ],
    ['what does not work yet', { gang: { scheduler: 'volcano' } }, ['spec.gang', 'not supported yet']],
    ['what makes no sense here', { suspend: true }, ['spec.suspend', 'true', 'set it to false']],
  ])('%s', async (_, change, words) => {
    const run = await runJob(smallJob(change as SpecChange));
    expect(run.exitCode).toBe(ExitCode.badConfiguration);
    expect(run.out).toBe('');
    expect(run.err).not.toContain('workers starting');
    for (const word of words) expect(run.err).toMatch(word);
  });

  test('a taken port', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, LOOPBACK, resolve));
    const run = await runJob(smallJob(), ['--port', String(port)]);
    await new Promise((resolve) => server.close(resolve));
    expect(run.exitCode).toBe(ExitCode.badConfiguration);
    expect(run.err).toContain(`port ${port} on ${LOOPBACK} cannot be used for rank 0 (EADDRINUSE)`);
  });
});

describe('bad data end the job with 65, naming the file', () => {
  const training = (path: string): SpecChange => ({
    program: { name: 'logistic' },
    data: { name: 'mnist', path },
  });

  test.each<[string, (path: string) => void, readonly string[]]>([
    ['a missing file', () => undefined, ['no file train-images-idx3-ubyte']],
    [
      'a truncated .gz',
      (path) => {
        writeTinyMnist(path);
        truncateSync(join(path, 'train-images-idx3-ubyte.gz'), 60);
      },
      ['train-images-idx3-ubyte.gz', 'not a whole gzip file'],
    ],
    [
      'a truncated IDX file',
      (path) => {
        writeTinyMnist(path);
        // 8 images of 4x4 are 128 bytes and 16 of header.
        writeFileSync(join(path, 't10k-images-idx3-ubyte'), idx([8, 4, 4], new Uint8Array(100)));
      },
      ['t10k-images-idx3-ubyte:', '8 x 4 x 4', '144 bytes', '116'],
    ],
  ])('%s', async (name, write, words) => {
    const path = join(folder, name.replaceAll(' ', '-'));
    write(path);
    const run = await runJob(smallJob(training(path)));
    expect(run).toMatchObject({ exitCode: ExitCode.badData, result: { phase: 'Failed', reason: 'BadData' } });
    for (const word of [path, ...words]) expect(run.result.message).toContain(word);
  });
});

describe('a program that fails is named with the place; the others wait for its rank until the run stops them', () => {
  type Outcome = readonly [
    exitCode: number,
    reason: string,
    words: readonly (string | RegExp)[],
    others: readonly number[],
  ];
  const { badConfiguration, programFailed, stopped } = ExitCode;
  const before = [programFailed, stopped];

  test.each<[string, NonNullable<SpecChange['program']>, Outcome]>([
    [
      'at import',
      { path: programFile('throws-at-import') },
      [
        badConfiguration,
        'InvalidProgram',
        ['the licence server is down', /throws-at-import\.mjs:2:7/],
        [badConfiguration, stopped],
      ],
    ],
    [
      'in createModel',
      faulty('createModel'),
      [programFailed, 'ProgramFailed', ['createModel', 'no such layer', /faulty\.mjs:\d+:\d+/], before],
    ],
    [
      'in loadData',
      faulty('loadData'),
      [programFailed, 'ProgramFailed', ['loadData', 'no such table', /faulty\.mjs:\d+:\d+/], before],
    ],
    [
      'in the loss of step 3 of one rank',
      faulty('loss', 1),
      [programFailed, 'ProgramFailed', ['step 3', 'the batch is odd', /faulty\.mjs:\d+:\d+/], [stopped]],
    ],
    [
      'by process.exit in the loss of one rank',
      faulty('exit', 1),
      [programFailed, 'ProgramFailed', ['faulty.mjs', 'process.exit(3)', 'throw an error'], [stopped]],
    ],
    [
      'by process.exit in loadData',
      faulty('exitOnLoad'),
      [programFailed, 'ProgramFailed', ['faulty.mjs', 'process.exit(0)'], before],
    ],
    [
      'by a NaN loss on one rank',
      faulty('nanLoss', 1),
      [programFailed, 'LossNotFinite', ['step 3', 'NaN', 'learningRate'], [stopped]],
    ],
    [
      'by a NaN gradient on one rank',
      faulty('nanGradient', 1),
      [
        programFailed,
        'GradientNotFinite',
        [/hidden\/kernel is NaN at index \d+ in step 3/, 'division by zero'],
        [stopped],
      ],
    ],
    [
      'by other initial weights on one rank',
      faulty('unequal', 1),
      [
        badConfiguration,
        'HandshakeRefused',
        ['weights of rank 1', "differ from rank 0's", 'seed'],
        [stopped],
      ],
    ],
  ])('%s', async (_, program, [exitCode, reason, words, others]) => {
    const run = await runJob(smallJob({ program }), keepMessages);
    expect(run).toMatchObject({ exitCode, result: { phase: 'Failed', reason } });
    for (const word of words) expect(run.result.message).toMatch(word);
    expect(run.messages.find((message) => message?.reason === reason)?.exitCode).toBe(exitCode);
    for (const message of run.messages)
      if (message?.reason !== reason) expect(others).toContain(message?.exitCode);
  });
});

test('a gradient beyond float16 is refused, the tensor named, and not sent as infinity', async () => {
  const run = await runJob(
    smallJob({ program: faulty('hugeGradient', 1), compression: { codec: 'float16' } }),
  );
  expect(run).toMatchObject({
    exitCode: ExitCode.programFailed,
    result: { phase: 'Failed', reason: 'ValueBeyondFloat16' },
  });
  expect(run.result.message).toMatch(/hidden\/kernel reaches \d+ in step 3, beyond float16's 65504/);
});

test('a worker whose port is taken ends with 64 and names it', async () => {
  await withLooseJob(smallJob(), async (loose) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(loose.coordinatorPort, LOOPBACK, resolve));
    loose.start(0);
    const [end] = await loose.ended();
    await new Promise((resolve) => server.close(resolve));
    expect(end).toMatchObject({ exitCode: ExitCode.badConfiguration, message: { reason: 'ListenFailed' } });
    expect(end?.message?.message).toContain(`${LOOPBACK}:${loose.coordinatorPort}`);
  });
});

function faulty(fault: string, rank?: number): NonNullable<SpecChange['program']> {
  return { path: programFile('faulty'), parameters: { fault, ...(rank !== undefined && { rank }) } };
}
