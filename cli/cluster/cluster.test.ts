import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, refused, scriptedServer } from '../../operator/cluster/api/testing/scripted-server.ts';
import type { Answer } from '../../operator/cluster/api/testing/scripted-server.ts';
import { cli } from '../testing/cli-fixture.ts';

const saved = process.env['KUBECONFIG'];
const folder = mkdtempSync(join(tmpdir(), 'cli-cluster-test-'));

afterEach(() => {
  if (saved === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = saved;
});

afterAll(() => rmSync(folder, { recursive: true }));

/** One command line against a server that gives these answers. */
async function against(args: readonly string[], ...answers: readonly Answer[]) {
  await using server = await scriptedServer(...answers);
  const file = join(folder, 'config');
  writeFileSync(file, server.kubeConfig.exportConfig());
  process.env['KUBECONFIG'] = file;
  const run = await cli(args);
  return { ...run, paths: server.requests.map(({ path, query }) => `${path}?${query.toString()}`) };
}

const job = { metadata: { name: 'lenet', namespace: 'default', uid: 'u1' }, status: { state: 'Running' } };
const list = (...items: object[]): Answer => json(200, { items, metadata: {} });

function pod(rank: number, attempt: number): object {
  const labels = { 'terngrad.dev/rank': String(rank), 'terngrad.dev/attempt': String(attempt) };
  return { metadata: { name: `lenet-worker-${rank}-${attempt}`, labels } };
}

const log =
  (...lines: readonly string[]): Answer =>
  (_request, response) =>
    void response.end(lines.map((line) => `${line}\n`).join(''));

describe('without a way to a cluster', () => {
  test('the remedy is named', async () => {
    process.env['KUBECONFIG'] = join(folder, 'nowhere');
    const { exitCode, err } = await cli(['status']);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/KUBECONFIG names .*nowhere, and there is no such file/);
  });

  test('a file that is no kubeconfig is refused', async () => {
    const file = join(folder, 'broken');
    writeFileSync(file, 'a: [');
    process.env['KUBECONFIG'] = file;
    const { exitCode, err } = await cli(['status']);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/kubeconfig/);
  });

  test('a server that is not there is named', async () => {
    await using server = await scriptedServer(json(200, {}));
    const { kubeConfig } = server;
    const file = join(folder, 'gone');
    writeFileSync(file, kubeConfig.exportConfig().replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'));
    process.env['KUBECONFIG'] = file;
    const { exitCode, err } = await cli(['status', 'lenet']);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/127\.0\.0\.1:1 does not answer .*is the cluster up/);
  });
});

describe('terngrad status', () => {
  test('of a job that is not there names those that are', async () => {
    const { exitCode, err } = await against(
      ['status', 'le'],
      refused(404, 'NotFound', 'not found'),
      list(job),
    );
    expect(exitCode).toBe(64);
    expect(err).toMatch(/no TernGradJob "le" in namespace default \(it has lenet\)/);
  });

  test('of a cluster without the CRD says what is missing', async () => {
    const { exitCode, err } = await against(
      ['status'],
      refused(404, 'NotFound', 'the server could not find it'),
    );
    expect(exitCode).toBe(64);
    expect(err).toMatch(/knows no TernGradJobs: install the operator first/);
  });

  test('that is forbidden repeats the server and names the role', async () => {
    const { exitCode, err } = await against(['status', '-n', 'x'], refused(403, 'Forbidden', 'cannot list'));
    expect(exitCode).toBe(64);
    expect(err).toMatch(/you may not do that: cannot list; ask for the role 'view'/);
  });

  test('prints the object as it is with --output json', async () => {
    const { out } = await against(['status', 'lenet', '--output', 'json'], json(200, job));
    expect(JSON.parse(out)).toEqual(job);
  });
});

describe('terngrad logs', () => {
  test("takes each rank's newest pod, and begins every line with the rank", async () => {
    const { exitCode, out, paths } = await against(
      ['logs', 'lenet', '--tail', '5'],
      json(200, job),
      list(pod(1, 1), pod(0, 1), pod(1, 2)),
      log('{"level":30,"time":0,"msg":"hello","step":3}'),
      log('plain words', 'more'),
    );
    expect(exitCode).toBe(0);
    expect(out).toBe(
      '[0] 00:00:00 info  hello  step=3\n[1] plain words\n[1] more\n' +
        '(lenet: the newest attempts alone are shown: rank 1 attempt 2)\n',
    );
    expect(paths.slice(1)).toEqual([
      expect.stringContaining('/api/v1/namespaces/default/pods?labelSelector=terngrad.dev%2Fjob-uid%3Du1'),
      '/api/v1/namespaces/default/pods/lenet-worker-0-1/log?tailLines=5',
      '/api/v1/namespaces/default/pods/lenet-worker-1-2/log?tailLines=5',
    ]);
  });

  test('of one rank follows it', async () => {
    const { out, paths } = await against(
      ['logs', 'lenet', '--rank', '1', '-f'],
      json(200, job),
      list(pod(0, 1), pod(1, 1)),
      log('one'),
    );
    expect(out).toBe('[1] one\n');
    expect(paths.at(-1)).toBe('/api/v1/namespaces/default/pods/lenet-worker-1-1/log?follow=true');
  });

  test('of a rank without a pod, and of a job without any, say so', async () => {
    const some = await against(['logs', 'lenet', '--rank', '7'], json(200, job), list(pod(0, 1)));
    expect(some.err).toMatch(/no pod of rank 7; it has those of 0/);
    const none = await against(['logs', 'lenet'], json(200, job), list());
    expect(none.exitCode).toBe(64);
    expect(none.err).toMatch(/lenet has no pods \(it is Running\)/);
  });

  test('that the node refuses repeat its words', async () => {
    const refusal = refused(400, 'BadRequest', 'container "worker" is waiting to start');
    const { exitCode, err } = await against(['logs', 'lenet'], json(200, job), list(pod(0, 1)), refusal);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/container "worker" is waiting to start/);
  });
});
