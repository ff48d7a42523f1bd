import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { exampleJob } from '../../crds/testing/example-job.ts';
import { isMap } from '../../crds/values.ts';
import { ApiClient } from './api-client.ts';
import { type RunningApiServer, startApiServer } from './api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

const JOBS = '/apis/terngrad.dev/v1alpha1/namespaces/default/terngradjobs';

describeOnApiServer('The API server of the tests', () => {
  let server: RunningApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  }, START_LIMIT_MS);
  afterAll(async () => server.stop());

  test(
    'keeps its objects, its address and its certificate when it is killed and started again',
    async () => {
      await server.client.create(JOBS, exampleJob({}, { name: 'kept' }));
      await server.killServer();
      await expect(server.client.get(`${JOBS}/kept`)).rejects.toThrow(
        /ECONNREFUSED|ECONNRESET|socket hang up/,
      );
      await server.restartServer();
      expect((await server.client.get(`${JOBS}/kept`)).status).toBe(200);
    },
    START_LIMIT_MS,
  );

  test('lets a service account do what its role says, and no more', async () => {
    const namespace = '/api/v1/namespaces/default';
    const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    await server.client.create(`${namespace}/serviceaccounts`, { metadata: { name: 'reader' } });
    await server.client.create(`${roles}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: ['terngrad.dev'], resources: ['terngradjobs'], verbs: ['list'] }],
    });
    await server.client.create(`${roles}/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
    });
    const file = await server.kubeconfigOf({ namespace: 'default', name: 'reader' });
    const reader = clientOf(file);
    expect((await reader.get(JOBS)).status).toBe(200);
    expect((await reader.get(`${namespace}/secrets`)).status).toBe(403);
    reader.close();
    const impersonated = server.client.as('system:serviceaccount:default:reader');
    expect((await impersonated.get(JOBS)).status).toBe(200);
    expect((await impersonated.get(`${namespace}/secrets`)).status).toBe(403);
  });
});

/** A client by nothing but what stands in the kubeconfig. */
function clientOf(kubeconfig: string): ApiClient {
  const config: unknown = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  const { cluster } = first(config, 'clusters', 'cluster');
  const { user } = first(config, 'users', 'user');
  return new ApiClient({
    url: String(cluster?.['server']),
    certificateAuthority: Buffer.from(String(cluster?.['certificate-authority-data']), 'base64').toString(),
    credentials: { token: String(user?.['token']) },
  });
}

function first(
  config: unknown,
  list: string,
  name: string,
): Record<string, Record<string, unknown> | undefined> {
  const items = isMap(config) ? config[list] : undefined;
  const item: unknown = Array.isArray(items) ? items[0] : undefined;
  const value = isMap(item) ? item[name] : undefined;
  return { [name]: isMap(value) ? value : undefined };
}
