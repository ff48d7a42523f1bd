import { describe, expect, test } from '@jest/globals';
import { existsSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { elastic, job } from '../plan/testing/builders.ts';
import { requestScale } from './control/request-scale.ts';
import { spawnChildProcess } from './child-process.ts';
import { portForRank0 } from './free-port.ts';
import { runLocally } from './run-locally.ts';
import type { RunObserver } from './run-observer.ts';
import { answering, isAlive, runOptions, someReport, untouched } from './testing/run-fixture.ts';
import type { SpawnWorker } from './worker-process.ts';

/** Notes everything a run says, and the ids of all processes that the fake workers print. */
function recorder() {
  const seen = { folder: '', lines: [] as string[], events: [] as string[], pids: [] as number[] };
  const observer: RunObserver = {
    onFolder: (path) => (seen.folder = path),
    onLine: (rank, line) => {
      seen.lines.push(`${rank} ${line}`);
      const pid = /"processId":(\d+)/.exec(line)?.[1];
      if (pid !== undefined) seen.pids.push(Number(pid));
    },
    onEvent: ({ reason }) => seen.events.push(reason),
  };
  return { seen, observer };
}

/** Resolves when the observer has seen as many process ids. */
async function startedProcesses(
  { pids }: { readonly pids: readonly number[] },
  count: number,
): Promise<void> {
  while (pids.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** On a busy computer a process that got SIGKILL is there until it is given the processor for the last time. */
const DYING_MS = 5_000;

async function survivors(pids: readonly number[]): Promise<readonly number[]> {
  const endMs = performance.now() + DYING_MS;
  while (pids.some(isAlive) && performance.now() < endMs)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return pids.filter(isAlive);
}

/** What is left of a run: processes and folder. */
async function leftovers({ pids, folder }: { readonly pids: readonly number[]; readonly folder: string }) {
  const isFolderLeft = existsSync(folder);
  return { processes: await survivors(pids), folder: isFolderLeft };
}

/** Its first counted failure is its end. */
const impatient = (replicas: number) => job(replicas, 'failurePolicy: {backoffLimit: 0}');

const nothing = { processes: [], folder: false };

function signals() {
  const stop = new AbortController();
  const kill = new AbortController();
  return { stop, kill, both: { stop: stop.signal, kill: kill.signal } };
}

describe('a local run', () => {
  test('starts one process per rank, sums what they sent, and leaves nothing', async () => {
    const { seen, observer } = recorder();
    const { result, exitCode } = await runLocally(job(2), runOptions(), observer, untouched());
    expect(exitCode).toBe(0);
    expect(result).toEqual({
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
      codec: 'ternary',
      codecReason: null,
      workers: 2,
      bytes: { push: { raw: 32_000, wire: 2_000 }, pull: { raw: 32_000, wire: 3_000 } },
      compressionRatio: 12.8,
      weightsHashes: ['ab'.repeat(32), 'ab'.repeat(32)],
    });
    expect(seen.events).toEqual(['WorkersStarting', 'JobSucceeded']);
    expect(seen.pids).toHaveLength(2);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('is Running once rank 0 answers, and passes its progress on', async () => {
    const { seen, observer } = recorder();
    const shown: string[] = [];
    await runLocally(
      job(2),
      runOptions({ 0: { runMs: 300 }, 1: { runMs: 300 } }, { connect: answering }),
      { ...observer, onProgress: (_, { state, summary }) => shown.push(`${state} ${summary?.step}`) },
      untouched(),
    );
    expect(seen.events.slice(-2)).toEqual(['JobRunning', 'JobSucceeded']);
    expect(shown).toContain('Running 10/40');
  });

  test.each([64, 65, 66, 69, 70])('ends with the code of the worker that failed: %d', async (exitCode) => {
    const { observer } = recorder();
    const run = await runLocally(
      impatient(2),
      runOptions({ 0: { never: true }, 1: { exitCode, runMs: 0 } }),
      observer,
      untouched(),
    );
    expect(run.exitCode).toBe(exitCode);
    expect(run.result).toMatchObject({ phase: 'Failed', loss: null, weightsHashes: [null, null] });
    expect(run.result.message).toContain('rank 1');
  });

  test('names the worker that failed, not the one that lost it', async () => {
    const { observer } = recorder();
    const { result, exitCode } = await runLocally(
      job(2),
      runOptions({ 0: { exitCode: 69, runMs: 0 }, 1: { exitCode: 66, runMs: 200 } }),
      observer,
      untouched(),
    );
    expect(exitCode).toBe(66);
    expect(result).toMatchObject({ reason: 'LossNotFinite', message: expect.stringContaining('rank 1') });
  });

  test('says so when a worker is killed without a word', async () => {
    const { observer } = recorder();
    const options = runOptions({ 0: { never: true }, 1: { killedBy: 'SIGKILL' } });
    const { result, exitCode } = await runLocally(impatient(2), options, observer, untouched());
    expect(exitCode).toBe(137);
    expect(result).toMatchObject({ reason: 'WorkerKilled', message: expect.stringContaining('signal 9') });
  });

  test('ends a job whose workers never report at its progress deadline', async () => {
    const { seen, observer } = recorder();
    const options = runOptions({ 0: { never: true }, 1: { never: true, deaf: true } });
    const silent = job(2, 'progressDeadlineSeconds: 1');
    const { result, exitCode } = await runLocally(silent, options, observer, untouched());
    expect(exitCode).toBe(69);
    expect(result.reason).toBe('ProgressDeadlineExceeded');
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('replaces a failed worker as far as the failure policy allows', async () => {
    const { seen, observer } = recorder();
    // Far enough apart that a busy computer does not see both failures at once, nor the end before the second.
    const options = runOptions({
      0: { exitCode: 69, runMs: 1000, later: { runMs: 500 } },
      1: { exitCode: 1, runMs: 0, later: { runMs: 3000 } },
    });
    const patient = job(2, 'failurePolicy: {backoffLimit: 1}');
    const { result, exitCode } = await runLocally(patient, options, observer, untouched());
    expect({ exitCode, phase: result.phase }).toEqual({ exitCode: 0, phase: 'Succeeded' });
    expect(seen.events).toEqual([
      'WorkersStarting',
      'WorkerFailed',
      'WorkerReplaced',
      'WorkerFailed',
      'WorkerReplaced',
      'JobSucceeded',
    ]);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('restarts all workers when a rule says so, each only when its predecessor is gone', async () => {
    const { seen, observer } = recorder();
    const rule = 'failurePolicy: {backoffLimit: 1, rules: [{action: restartAll, exitCodes: [9]}]}';
    // Counted where they are started: a worker may be restarted before it has printed a line.
    const started: string[] = [];
    const spawn: SpawnWorker = (command, onLine) => {
      const { [WorkerEnvironment.rank]: rank, [WorkerEnvironment.attempt]: attempt } = command.environment;
      started.push(`${rank}/${attempt}`);
      return spawnChildProcess(command, onLine);
    };
    const behaviours = {
      0: { never: true, later: { runMs: 300 } },
      // Not done before the other has started again: that would be the end of the job.
      1: { exitCode: 9, runMs: 0, later: { runMs: 3000 } },
    };
    const options = runOptions(behaviours, { spawn });
    const { exitCode } = await runLocally(job(2, rule), options, observer, untouched());
    expect(exitCode).toBe(0);
    expect(started.slice(0, 2)).toEqual(['0/1', '1/1']);
    expect(started.slice(2).toSorted()).toEqual(['0/2', '1/2']);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('succeeds when rank 0 dies after another worker ended well, with the figures of that one', async () => {
    const { seen, observer } = recorder();
    const options = runOptions({ 0: { killedBy: 'SIGKILL', runMs: 600 }, 1: { runMs: 100 } });
    const { result, exitCode } = await runLocally(job(2), options, observer, untouched());
    expect({ exitCode, phase: result.phase, steps: result.steps, loss: result.loss }).toEqual({
      exitCode: 0,
      phase: 'Succeeded',
      steps: 40,
      loss: 0.25,
    });
    expect(seen.events).toEqual(['WorkersStarting', 'JobSucceeded']);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('fails beyond the limit, with the last failure as the cause', async () => {
    const { observer } = recorder();
    const options = runOptions({
      0: { never: true },
      1: { exitCode: 70, runMs: 0, later: { exitCode: 70, runMs: 0 } },
    });
    const patient = job(2, 'failurePolicy: {backoffLimit: 1}');
    const { result, exitCode } = await runLocally(patient, options, observer, untouched());
    expect(exitCode).toBe(70);
    expect(result.message).toMatch(/rank 1 ended because of InternalError; it is failure 2, beyond/);
  });

  test('kills a frozen worker that rank 0 misses, which hears no other signal, and replaces it', async () => {
    const { seen, observer } = recorder();
    const startedMs = Date.now();
    let isFrozen = false;
    const options = runOptions(
      { 0: { never: true }, 1: { never: true } },
      {
        // The bounds of a suspicion pass 20 times faster.
        clock: () => new Date(startedMs + (Date.now() - startedMs) * 20),
        connect: () => ({
          ask: () =>
            Promise.resolve({
              ...someReport,
              ranks: [0, 1].map((rank) => ({ rank, attempt: 1, step: 10, state: 'waiting' })),
              // Not before: a worker that starts slowly would be killed before it has said which process it is.
              suspects: isFrozen ? [{ rank: 1, attempt: 1, reason: 'it is silent', sinceMs: 0 }] : [],
            }),
          close: () => undefined,
        }),
      },
    );
    const { stop, both } = signals();
    const running = runLocally(job(2), options, observer, both);
    await startedProcesses(seen, 2);
    const frozen = Number(
      /"processId":(\d+)/.exec(seen.lines.find((line) => line.startsWith('1 ')) ?? '')?.[1],
    );
    process.kill(frozen, 'SIGSTOP');
    isFrozen = true;
    await startedProcesses(seen, 3);
    expect(await survivors([frozen])).toEqual([]);
    stop.abort('interrupted by Ctrl-C');
    await running;
    expect(seen.events.slice(0, 3)).toEqual(['WorkersStarting', 'WorkerFailed', 'WorkerReplaced']);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('a worker that somebody else stops ends the run, which is no failure of the worker', async () => {
    const { seen, observer } = recorder();
    const options = runOptions({ 0: { never: true }, 1: { never: true } });
    const running = runLocally(job(2), options, observer, untouched());
    await startedProcesses(seen, 2);
    process.kill(seen.pids[1] ?? 0, 'SIGTERM');
    const { result, exitCode } = await running;
    expect({ exitCode, reason: result.reason }).toEqual({ exitCode: 75, reason: 'Stopped' });
    expect(seen.events).not.toContain('WorkerFailed');
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('a request to stop lets the workers end by themselves', async () => {
    const { seen, observer } = recorder();
    const { stop, both } = signals();
    const running = runLocally(
      job(2),
      runOptions({ 0: { never: true }, 1: { never: true } }),
      observer,
      both,
    );
    await startedProcesses(seen, 2);
    stop.abort('interrupted by Ctrl-C');
    const { result, exitCode } = await running;
    expect(exitCode).toBe(75);
    expect(result).toMatchObject({ phase: 'Failed', reason: 'Stopped', message: 'interrupted by Ctrl-C' });
    expect(result.steps).toBe(40);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('a worker that does not hear is killed after the grace', async () => {
    const { seen, observer } = recorder();
    const { stop, both } = signals();
    const options = runOptions({ 0: { never: true, deaf: true } }, { graceMs: 200 });
    const running = runLocally(job(1), options, observer, both);
    await startedProcesses(seen, 1);
    stop.abort('interrupted by Ctrl-C');
    expect((await running).exitCode).toBe(75);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('a second request kills at once', async () => {
    const { seen, observer } = recorder();
    const { stop, kill, both } = signals();
    const options = runOptions({ 0: { never: true, deaf: true } }, { graceMs: 60_000 });
    const running = runLocally(job(1), options, observer, both);
    await startedProcesses(seen, 1);
    stop.abort('interrupted by Ctrl-C');
    kill.abort();
    expect((await running).exitCode).toBe(75);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('of an elastic job grows and shrinks while it runs; leavers are no failures', async () => {
    const { seen, observer } = recorder();
    const { stop, both } = signals();
    const always = { never: true };
    const options = runOptions({ 0: always, 1: always, 2: always });
    const running = runLocally(elastic(job(2), 1, 3), options, observer, both);
    await startedProcesses(seen, 2);
    expect(statSync(`${seen.folder}/control.sock`).mode & 0o777).toBe(0o600);
    expect(await requestScale(seen.folder, 3)).toEqual({ before: 2, now: 3 });
    await startedProcesses(seen, 3);
    expect(seen.lines.at(-1)).toMatch(/^2 /);
    const stored = JSON.parse(await readFile(`${seen.folder}/job.json`, 'utf8'));
    expect(stored.spec.workers.replicas).toBe(3);
    await expect(requestScale(seen.folder, 4)).rejects.toMatchObject({
      code: 'SCALE_REFUSED',
      message: 'the job small cannot have 4 workers: spec.workers.elastic allows 1 to 3',
    });
    expect(await requestScale(seen.folder, 1)).toEqual({ before: 3, now: 1 });
    const leavers = seen.pids.filter(
      (pid) => !seen.lines.some((line) => line.startsWith('0 ') && line.includes(`:${pid}`)),
    );
    while (leavers.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen.pids.filter(isAlive)).toHaveLength(1);
    stop.abort('interrupted by Ctrl-C');
    const { result } = await running;
    expect(result).toMatchObject({ reason: 'Stopped', workers: 1 });
    expect(seen.events).not.toContain('WorkerFailed');
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('of a job that shrinks and grows again at once, the rank gets a new process when the old one is gone', async () => {
    const { seen, observer } = recorder();
    const { stop, both } = signals();
    const always = { never: true };
    const options = runOptions({ 0: always, 1: { never: true, deaf: true, later: always } });
    const running = runLocally(elastic(job(2), 1, 2), options, observer, both);
    await startedProcesses(seen, 2);
    await requestScale(seen.folder, 1);
    await requestScale(seen.folder, 2);
    await startedProcesses(seen, 3);
    expect(seen.pids.filter(isAlive)).toHaveLength(2);
    stop.abort('interrupted by Ctrl-C');
    expect((await running).result).toMatchObject({ reason: 'Stopped', workers: 2 });
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('nothing that a worker started is left', async () => {
    const { seen, observer } = recorder();
    await runLocally(job(1), runOptions({ 0: { grandchild: true, runMs: 200 } }), observer, untouched());
    expect(seen.pids).toHaveLength(2);
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('an error of our own leaves no process and no folder either', async () => {
    const { seen, observer } = recorder();
    const broken: RunObserver = {
      ...observer,
      onProgress: () => {
        throw new Error('the display broke');
      },
    };
    const options = runOptions({ 0: { never: true } }, { connect: answering });
    await expect(runLocally(job(1), options, broken, untouched())).rejects.toThrow('the display broke');
    expect(await leftovers(seen)).toEqual(nothing);
  });

  test('a worker program that does not exist is a failed worker, not a crash of ours', async () => {
    const { seen, observer } = recorder();
    const options = runOptions({}, { workerArguments: ['/nowhere/worker.js'] });
    const { exitCode } = await runLocally(impatient(1), options, observer, untouched());
    expect(exitCode).toBe(1);
    expect(seen.lines.join('\n')).toContain('/nowhere/worker.js');
  });

  test('a taken port is refused before anything is started', async () => {
    const server = createServer();
    const port = await portForRank0();
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    try {
      const { seen, observer } = recorder();
      await expect(runLocally(job(1), runOptions({}, { port }), observer, untouched())).rejects.toMatchObject(
        {
          code: 'PORT_TAKEN',
          exitCode: 64,
          message: expect.stringContaining('--port'),
        },
      );
      expect(seen.folder).toBe('');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('keeps its folder on request: readable by this user alone, job and certificates inside', async () => {
    const { seen, observer } = recorder();
    await runLocally(job(2), runOptions({}, { keepFolder: true }), observer, untouched());
    try {
      expect(statSync(seen.folder).mode & 0o777).toBe(0o700);
      expect(statSync(`${seen.folder}/rank-1/tls.key`).mode & 0o777).toBe(0o600);
      const stored = JSON.parse(await readFile(`${seen.folder}/job.json`, 'utf8'));
      expect(stored.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(existsSync(`${seen.folder}/rank-0/end-1.json`)).toBe(true);
    } finally {
      rmSync(seen.folder, { recursive: true });
    }
  });

  test('a job without TLS gets no certificates', async () => {
    const { seen, observer } = recorder();
    let exists = true;
    const looking: RunObserver = {
      ...observer,
      onEvent: () => {
        exists = existsSync(`${seen.folder}/rank-0/tls.key`);
      },
    };
    await runLocally(job(1, 'tls: {enabled: false}'), runOptions(), looking, untouched());
    expect(exists).toBe(false);
  });
});
