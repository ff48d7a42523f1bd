import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { LOOPBACK, portForRank0 } from '../operator/local/free-port.ts';
import { answering } from '../operator/local/testing/run-fixture.ts';
import type { CliRun, CliSurroundings } from './testing/cli-fixture.ts';
import { cli, jobText, specOfSmallJob, withFiles } from './testing/cli-fixture.ts';

function run(args: readonly string[], surroundings: CliSurroundings = {}, text = jobText()): Promise<CliRun> {
  return withFiles({ 'job.yaml': text }, async (folder) => {
    const result = await cli(['run', '-f', `${folder}/job.yaml`, ...args], surroundings);
    return { ...result, err: result.err.replaceAll(folder, '<folder>') };
  });
}

describe('terngrad run', () => {
  test('ends with a table on standard output', async () => {
    const { exitCode, out } = await run([]);
    expect(exitCode).toBe(0);
    expect(out).toBe(
      [
        'small: Succeeded',
        '  steps          40 (2.00 epochs)',
        '  loss           0.2500',
        '  test accuracy  97.5%',
        '  throughput     1840 samples/s',
        '  time per step  34.0 ms (compute 25.0, encode 1.0, barrier 1.0, push 3.0, pull 3.0, apply 1.0; phases overlap)',
        '  workers        2, backend fake (1 thread)',
        '  weights        identical on all 2 workers, sha256 abababababababab',
        '',
        '  gradient bytes  as float32     sent    saved  vs float32  vs float16',
        '  push               32.0 kB  2.00 kB  30.0 kB      16.00x       8.00x',
        '  pull               32.0 kB  3.00 kB  29.0 kB      10.67x       5.33x',
        '  together           64.0 kB  5.00 kB  59.0 kB      12.80x       6.40x',
        '',
      ].join('\n'),
    );
  });

  test('prints exactly one JSON object with --output json', async () => {
    const { exitCode, out } = await run(['--output', 'json']);
    expect(exitCode).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      phase: 'Succeeded',
      reason: 'Completed',
      message: 'every member confirmed the final weights',
      steps: 40,
      epochs: 2,
      loss: 0.25,
      testAccuracy: 0.975,
      samplesPerSecond: 1840,
      stepMs: { total: 34, compute: 25, encode: 1, barrier: 1, push: 3, pull: 3, apply: 1, beyondCompute: 8 },
      backend: 'fake (1 thread)',
      workers: 2,
      bytes: { push: { raw: 32_000, wire: 2_000 }, pull: { raw: 32_000, wire: 3_000 } },
      codec: 'ternary',
      codecReason: null,
      compressionRatio: 12.8,
      weightsHashes: ['ab'.repeat(32), 'ab'.repeat(32)],
    });
  });

  test('shows the log lines of the workers by rank, and what happens to the job', async () => {
    const { err } = await run([]);
    expect(err).toMatch(/^\[0\] \d\d:\d\d:\d\d info {2}started {2}address=127\.0\.0\.1:\d+ processId=\d+$/m);
    expect(err).toMatch(/^\[1\] .* started {2}address=127\.0\.0\.1:0 processId=\d+$/m);
    expect(err).toMatch(/^2 workers starting$/m);
    expect(err).not.toContain('\r');
  });

  test('rewrites one progress line on a screen and takes it away at the end', async () => {
    const { err } = await run([], {
      isScreen: true,
      connect: answering,
      behaviours: { 0: { runMs: 400 }, 1: { runMs: 400 } },
    });
    expect(err).toContain(
      '\r\u001B[2Kstep 10/40 (25%)  loss 0.5000  1800 samples/s  saved 92.2% (14.8 kB)  ETA',
    );
    expect(err.endsWith('\r\u001B[2K')).toBe(true);
  });

  test('prints progress as plain lines where there is no screen', async () => {
    const { err } = await run([], {
      connect: answering,
      behaviours: { 0: { runMs: 400 }, 1: { runMs: 400 } },
    });
    expect(err.match(/^step 10\/40 \(25%\)/gm)).toHaveLength(1);
  });

  test('says loudly when the weights differ between workers', async () => {
    const { out } = await run([], { behaviours: { 1: { hash: 'cd'.repeat(32) } } });
    expect(out).toContain('DIFFER between workers: abababababababab, cdcdcdcdcdcdcdcd');
  });

  test('one worker sends nothing, so there is no table of bytes when nothing was sent', async () => {
    const { out } = await run(['--workers', '1'], { behaviours: { 0: { exitCode: 66 } } });
    expect(out).toBe(
      'small: Failed (LossNotFinite)\n  rank 0 ended because of LossNotFinite\n  steps          40 (2.00 epochs)\n  workers        1\n',
    );
  });

  test.each([
    [64, 'InvalidJob'],
    [65, 'BadData'],
    [66, 'LossNotFinite'],
    [69, 'PeerLost'],
    [70, 'InternalError'],
  ])('exits with %d when that is how a worker failed', async (exitCode, reason) => {
    const behaviours = { 0: { never: true }, 1: { exitCode, runMs: 0 } };
    const result = await run(['--output', 'json'], { behaviours });
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.out)).toMatchObject({
      phase: 'Failed',
      reason,
      message: `rank 1 ended because of ${reason}`,
    });
    expect(result.err).toMatch(
      new RegExp(`^warning: worker 1 ended with code ${exitCode} \\(${reason}\\)$`, 'm'),
    );
    expect(result.err).not.toMatch(/^ +at /m);
  });

  test('a worker that never reports ends at the progress deadline', async () => {
    const text = jobText([...specOfSmallJob, 'progressDeadlineSeconds: 1']);
    const { exitCode, out } = await run([], { behaviours: { 0: { never: true }, 1: { never: true } } }, text);
    expect(exitCode).toBe(69);
    expect(out).toContain('small: Failed (ProgressDeadlineExceeded)\n  no worker reported any progress for');
  });

  test('Ctrl-C stops the workers and says what a second one does', async () => {
    let pressed = false;
    const { exitCode, out, err } = await run([], {
      behaviours: { 0: { never: true }, 1: { never: true } },
      onErr: (text, interrupt) => {
        if (pressed || text.match(/started/g)?.length !== 2) return;
        pressed = true;
        interrupt();
      },
    });
    expect(exitCode).toBe(75);
    expect(err).toContain('stopping the workers; once more kills them\n');
    expect(out).toContain('small: Failed (Stopped)\n  interrupted by Ctrl-C\n');
  });

  test('a taken port is named, with the way out', async () => {
    const port = await portForRank0();
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(port, LOOPBACK, resolve);
    });
    try {
      const { exitCode, out, err } = await run(['--port', String(port)]);
      expect(exitCode).toBe(64);
      expect(out).toBe('');
      expect(err).toBe(
        `error: port ${port} on 127.0.0.1 cannot be used for rank 0 (EADDRINUSE); choose another with --port, or leave --port out to take a free one\n`,
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('the command line overrides the file', async () => {
    const { out } = await run(['--workers', '3', '--output', 'json']);
    expect(JSON.parse(out)).toMatchObject({ workers: 3, bytes: { push: { raw: 48_000 } } });
  });
});
