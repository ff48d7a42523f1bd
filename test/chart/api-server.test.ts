import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exampleJob } from '../../crds/testing/example-job.ts';
import { startApiServer, type RunningApiServer } from '../integration/api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from '../integration/suite.ts';
import { until } from '../local-run/until.ts';
import { CHART, helmProgram, render } from './helm.ts';
import { monitoringCrds } from './monitoring-crds.ts';

const program = helmProgram() ?? '';
const describeOnBoth = program === '' ? describe.skip : describeOnApiServer;

const crds = program === '' ? undefined : monitoringCrds();
const testWithCrds = crds === undefined ? test.skip : test;

const JOBS = '/apis/terngrad.dev/v1alpha1/namespaces/team-a/terngradjobs';
const OPERATOR = 'system:serviceaccount:terngrad-system:terngrad-operator';
/** The server has the CRD already, and no kinds of the Prometheus operator. */
const base = ['--set', 'crds.enabled=false'];

describeOnBoth('the chart on a real API server', () => {
  let server: RunningApiServer;
  const folder = mkdtempSync(join(tmpdir(), 'chart-test-'));
  let files = 0;

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ['terngrad-system', 'team-a', 'team-b']) {
      const labels = {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      };
      await server.client.create('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels },
      });
    }
  }, START_LIMIT_MS);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** Applies, or with `delete` removes, all that the chart makes of these values. */
  function kubectl(command: readonly string[], values: readonly string[]): string {
    const objects = render(program, [...base, ...values], { withMonitoring: false });
    const file = join(folder, `${(files += 1)}.json`);
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    return server.kubectl(...command, '-f', file);
  }
  const apply = ['apply', '--server-side', '--validate=strict'];
  const namespaced = ['--values', `${CHART}/ci/namespaced-values.yaml`, '--set', 'crds.enabled=false'];
  const status = async (user: string, path: string): Promise<number> =>
    (await server.client.as(user).get(path)).status;

  test('named namespaces: all objects are taken, and the rights end at these namespaces', async () => {
    const said = kubectl(apply, namespaced);
    for (const kind of ['deployment.apps', 'role', 'networkpolicy', 'pod/', 'terngradjob'])
      expect(said).toContain(kind);
    expect(await status(OPERATOR, '/api/v1/namespaces/team-a/secrets/none')).toBe(404);
    expect(await status(OPERATOR, '/api/v1/namespaces/team-a/secrets')).toBe(403);
    expect(await status(OPERATOR, '/api/v1/namespaces/default/secrets/none')).toBe(403);
    expect(await status(OPERATOR, '/api/v1/namespaces/team-b/pods')).toBe(200);
    expect(await status(OPERATOR, '/api/v1/pods')).toBe(403);
    expect(
      await status(OPERATOR, '/api/v1/namespaces/terngrad-system/secrets/terngrad-operator-authority'),
    ).toBe(404);
    expect(await status(OPERATOR, '/api/v1/namespaces/terngrad-system/secrets/another')).toBe(403);
  });

  test('the pod of `helm test` sees its own job and no other', async () => {
    const tester = 'system:serviceaccount:team-a:terngrad-operator-test';
    expect(await status(tester, `${JOBS}/terngrad-operator-test`)).toBe(200);
    expect(await status(tester, `${JOBS}/another`)).toBe(403);
    kubectl(['delete'], namespaced);
  });

  test('the whole cluster with everything on: all objects are taken, Secrets can be read by name and not listed', async () => {
    kubectl(apply, ['--values', `${CHART}/ci/cluster-ha-values.yaml`]);
    expect(await status(OPERATOR, '/api/v1/namespaces/team-b/secrets/none')).toBe(404);
    expect(await status(OPERATOR, '/api/v1/secrets')).toBe(403);
    expect(await status(OPERATOR, '/apis/terngrad.dev/v1alpha1/terngradjobs')).toBe(200);
  });

  test('the admission policy refuses Secrets and images that are not allowed, by name and with the remedy', async () => {
    let made = 0;
    const create = async (template: object): Promise<{ status: number; message: string }> => {
      const job = exampleJob({ workers: { replicas: 2, template } }, { name: `policy-${(made += 1)}` });
      const answer = await server.client.create(JOBS, job);
      return { status: answer.status, message: JSON.stringify(answer.body) };
    };
    const secret = (name: string) => ({
      env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'key' } } }],
    });
    // The server takes a moment to put a new policy into force.
    await until('the policy is in force', async () => (await create(secret('forbidden'))).status === 422);
    const refused = await create(secret('forbidden'));
    expect(refused.message).toContain('names the Secrets forbidden, which jobs may not use');
    expect((await create({ imagePullSecrets: [{ name: 'forbidden' }] })).status).toBe(422);
    const volumes = [{ name: 'data', secret: { secretName: 'forbidden' } }];
    expect((await create({ volumes, volumeMounts: [{ name: 'data', mountPath: '/data' }] })).status).toBe(
      422,
    );
    const image = await create({ image: 'elsewhere.example.com/trainer:1' });
    expect(image.status).toBe(422);
    expect(image.message).toContain(
      'use an image that begins with one of: registry.example.com/team/, terngrad/',
    );
    expect(
      await create({ ...secret('dataset-credentials'), image: 'registry.example.com/team/trainer:1' }),
    ).toMatchObject({ status: 201 });
    expect(await create({})).toMatchObject({ status: 201 });
  });

  testWithCrds(
    'monitors and alerts are valid for the CRDs of the Prometheus operator, field by field',
    async () => {
      const isMonitoring = ({ apiVersion }: { readonly apiVersion: string }) =>
        apiVersion === 'monitoring.coreos.com/v1';
      const [monitor, ...others] = render(program, base).filter(isMonitoring);
      expect([monitor, ...others].map((object) => object?.kind)).toEqual([
        'PodMonitor',
        'PodMonitor',
        'PrometheusRule',
      ]);
      for (const crd of crds ?? []) server.kubectl('apply', '--server-side', '-f', crd);
      const file = join(folder, 'monitoring.json');
      const tried = (items: readonly unknown[]): string => {
        writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
        return server.kubectl(...apply, '-f', file);
      };
      await until('the server knows the new kinds', async () =>
        (
          await Promise.all(
            ['podmonitors', 'prometheusrules'].map(async (plural) => {
              const { status: code } = await server.client.get(`/apis/monitoring.coreos.com/v1/${plural}`);
              return code === 200;
            }),
          )
        ).every(Boolean),
      );
      expect(tried([monitor, ...others]).match(/serverside-applied/g)).toHaveLength(3);
      // What these CRDs do not know would have been refused.
      expect(() => tried([{ ...monitor, spec: { ...Object(monitor?.spec), scrapes: true } }])).toThrow(
        /scrapes/,
      );
    },
  );
});
