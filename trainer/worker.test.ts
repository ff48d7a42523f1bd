import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { job } from '../operator/plan/testing/builders.ts';
import { computeClientOf } from './step/compute-client.ts';
import { runWorker } from './worker.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'terngrad-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('probes and metrics are answered while the compute thread is stuck', async () => {
  const script = join(folder, 'stuck.mjs');
  await writeFile(script, 'for (;;) {}');
  const port = await freePort();
  const stop = new AbortController();
  const ended = runWorker({
    identity: {
      jobFile: '',
      jobName: 'small',
      jobNamespace: 'default',
      jobUid: 'uid-1',
      rank: 0,
      attempt: 1,
      coordinatorAddress: '127.0.0.1:1',
      advertiseHost: '127.0.0.1',
      listenAddress: '127.0.0.1:0',
      httpAddress: `*:${port}`,
      certificateDirectory: undefined,
      terminationMessageFile: undefined,
      baseDirectory: folder,
      logLevel: 'silent',
    },
    job: job(1, 'tls: {enabled: false}'),
    compute: computeClientOf(new Worker(pathToFileURL(script))),
    log: pino({ level: 'silent' }),
    stop: stop.signal,
  });
  try {
    await untilServing(port);
    for (let k = 0; k < 5; k++) {
      expect(await get(port, '/healthz')).toEqual([200, 'ok\n']);
      expect(await get(port, '/readyz')).toEqual([503, 'waiting for the members of the job\n']);
      expect((await get(port, '/metrics'))[1]).toContain('terngrad_steps_total');
    }
  } finally {
    stop.abort('the test is over');
  }
  await expect(ended).resolves.toMatchObject({ exitCode: 75, reason: 'Stopped' });
});

async function untilServing(port: number): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      await get(port, '/healthz');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The kubelet's patience with a probe is a second or more. */
async function get(port: number, path: string): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1000) });
  return [response.status, await response.text()];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
