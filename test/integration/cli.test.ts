import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cli } from '../../cli/testing/cli-fixture.ts';
import { exampleJob } from '../../crds/testing/example-job.ts';
import { type RunningApiServer, startApiServer } from './api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

const JOBS = '/apis/terngrad.dev/v1alpha1/namespaces/default/terngradjobs';

describeOnApiServer('The command line on a real API server', () => {
  let server: RunningApiServer;
  const saved = process.env['KUBECONFIG'];
  beforeAll(async () => {
    server = await startApiServer();
    await server.client.create(JOBS, exampleJob({}, { name: 'seen' }));
    await server.client.create(JOBS, exampleJob({}, { name: 'unseen' }));
    const status = { state: 'Running', summary: { workers: '1/1', step: '3/10' }, step: 3 };
    await server.client.merge(`${JOBS}/seen/status`, { status });
  }, START_LIMIT_MS);
  afterAll(async () => {
    if (saved === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = saved;
    await server.stop();
  });
  const on = (args: readonly string[], kubeconfig = server.kubeconfig) => {
    process.env['KUBECONFIG'] = kubeconfig;
    return cli(args);
  };

  test('status lists jobs, those that no operator has seen too', async () => {
    const { exitCode, out } = await on(['status']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^seen {4}Running {2}1\/1 {6}3\/10/m);
    expect(out).toMatch(/^unseen {2}-/m);
    expect((await on(['status', '-A'])).out).toMatch(/^default {4}seen/m);
    expect((await on(['status', '-n', 'kube-system'])).out).toBe(
      'There are no TernGradJobs in namespace kube-system.\n',
    );
  });

  test('status of one job, as text and as the object', async () => {
    expect((await on(['status', 'seen'])).out).toMatch(/^default\/seen: Running\n {2}workers {8}1\/1\n/);
    const { out } = await on(['status', 'seen', '--output', 'json']);
    expect(JSON.parse(out)).toMatchObject({ kind: 'TernGradJob', status: { step: 3 } });
    const { exitCode, err } = await on(['status', 'other']);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/no TernGradJob "other" in namespace default \(it has seen, unseen\)/);
  });

  test('logs of a job without pods, and of a pod that no node has taken yet', async () => {
    expect((await on(['logs', 'seen'])).err).toMatch(/job seen has no pods \(it is Running\)/);
    const { body } = await server.client.get(`${JOBS}/seen`);
    // The shape of an object.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { uid } = (body as { metadata: { uid: string } }).metadata;
    await server.client.create('/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'seen-worker-0-1',
        labels: { 'terngrad.dev/job-uid': uid, 'terngrad.dev/rank': '0', 'terngrad.dev/attempt': '1' },
      },
      spec: { containers: [{ name: 'worker', image: 'none' }] },
    });
    const { exitCode, err } = await on(['logs', 'seen']);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/refuses: pod seen-worker-0-1 does not have a host assigned/);
  });

  test('who may not look is told so in the words of the server', async () => {
    await server.client.create('/api/v1/namespaces/default/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'nobody' },
    });
    const kubeconfig = await server.kubeconfigOf({ namespace: 'default', name: 'nobody' });
    const { exitCode, err } = await on(['status'], kubeconfig);
    expect(exitCode).toBe(64);
    expect(err).toMatch(/you may not do that: terngradjobs.* is forbidden: .*cannot list/);
  });
});
