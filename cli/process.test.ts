import { describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Behaviour } from '../operator/local/testing/run-fixture.ts';
import { isAlive } from '../operator/local/testing/run-fixture.ts';
import { jobText, withFiles } from './testing/cli-fixture.ts';

// Each test starts a command, through a loader, and two workers.
jest.setTimeout(120_000);

const fakeCli = fileURLToPath(new URL('./testing/fake-cli.ts', import.meta.url));

/** `terngrad run` in a process of its own. The first signal is sent when both workers have started, the next when it stops them. */
function interrupted(behaviour: Behaviour, ...signals: readonly NodeJS.Signals[]) {
  return withFiles({ 'job.yaml': jobText() }, async (folder) => {
    const behaviours = JSON.stringify({ 0: behaviour, 1: behaviour });
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', fakeCli, behaviours, 'run', '-f', `${folder}/job.yaml`],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } },
    );
    let err = '';
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
    const waiting = [...signals];
    child.stderr.on('data', (bytes: Buffer) => {
      err += bytes.toString();
      const started = err.match(/processId=\d+/g)?.length === 2;
      const asked = err.includes('stopping the workers');
      if (started && waiting.length === signals.length) child.kill(waiting.shift());
      else if (asked && waiting.length > 0) child.kill(waiting.shift());
    });
    const exitCode = await new Promise<number | string | null>((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    const pids = [...err.matchAll(/processId=(\d+)/g)].map(([, pid]) => Number(pid));
    await gone(pids);
    const folders = readdirSync(folder).filter((name) => name.startsWith('terngrad-'));
    for (const name of folders) rmSync(`${folder}/${name}`, { recursive: true });
    return { exitCode, out, err, alive: pids.filter(isAlive), workers: pids.length, folders: folders.length };
  });
}

/** Orphans need a moment to notice. */
async function gone(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 100 && pids.some(isAlive); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the command as a process', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it with code 75 and nothing left',
    async (signal) => {
      const run = await interrupted({ never: true }, signal);
      expect(run).toMatchObject({ exitCode: 75, alive: [], workers: 2, folders: 0 });
      expect(run.out).toContain('small: Failed (Stopped)');
    },
  );

  test('a second Ctrl-C does not wait for workers that do not hear', async () => {
    const run = await interrupted({ never: true, deaf: true }, 'SIGINT', 'SIGINT');
    expect(run).toMatchObject({ exitCode: 75, alive: [], workers: 2, folders: 0 });
    expect(run.err).toContain('killing the workers');
  });

  test('workers notice when it is killed', async () => {
    const run = await interrupted({ never: true }, 'SIGKILL');
    expect(run).toMatchObject({ exitCode: 'SIGKILL', alive: [], workers: 2 });
  });
});
