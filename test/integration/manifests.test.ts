import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClusterJob } from '../../operator/plan/manifests/cluster-job.ts';
import type { Manifest } from '../../operator/plan/manifests/manifest.ts';
import { networkPolicy } from '../../operator/plan/manifests/network-policy.ts';
import { workerPod } from '../../operator/plan/manifests/pod.ts';
import type { SecretManifest } from '../../operator/plan/manifests/rank-secrets.ts';
import { rankSecret } from '../../operator/plan/manifests/rank-secrets.ts';
import { coordinatorService } from '../../operator/plan/manifests/services.ts';
import { mnistJob } from '../../operator/plan/manifests/testing/cluster-job-fixture.ts';
import { type RunningApiServer, startApiServer } from './api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

const NAMESPACE = 'team-a';
const worker = { rank: 0, attempt: 1 };
const settings = { trainerImage: 'terngrad/trainer:1', trainerGpuImage: 'terngrad/gpu:1', logLevel: 'info' };

const jobs: readonly (readonly [string, ClusterJob])[] = [
  ['on the CPU', mnistJob()],
  ['on GPUs', mnistJob({ gpusPerWorker: 2 })],
  ['without TLS', mnistJob({}, { tls: { enabled: false } })],
  ['of a program in a ConfigMap', mnistJob({}, { program: { path: 'p.js', configMap: { name: 'p' } } })],
  [
    'that keeps checkpoints and its model on a claim',
    mnistJob(
      {},
      {
        checkpoint: { directory: 'saved', volumeClaim: 'saved' },
        output: { path: 'saved/model.safetensors' },
      },
    ),
  ],
  ['that keeps checkpoints in its pod', mnistJob({}, { checkpoint: { directory: '/checkpoints' } })],
  [
    'with all that a template can ask for',
    mnistJob({
      template: {
        labels: { team: 'a' },
        annotations: { 'example.com/note': 'x' },
        image: 'example/worker:1',
        imagePullPolicy: 'IfNotPresent',
        imagePullSecrets: [{ name: 'registry' }],
        resources: {
          requests: { cpu: '500m' },
          limits: { memory: '1Gi', 'nvidia.com/mig-1g.10gb': 1 },
          claims: [{ name: 'gpu' }],
        },
        nodeSelector: { disk: 'ssd' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] },
              ],
            },
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                podAffinityTerm: { topologyKey: 'host', labelSelector: { matchLabels: { a: 'b' } } },
              },
            ],
          },
        },
        tolerations: [{ key: 'team', operator: 'Equal', value: 'a', effect: 'NoSchedule' }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
        priorityClassName: 'low',
        runtimeClassName: 'sandbox',
        schedulerName: 'volcano',
        env: [
          { name: 'MODE', value: 'fast' },
          { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
        volumes: [
          { name: 'ram', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
          { name: 'data', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
          { name: 'config', configMap: { name: 'c', items: [{ key: 'k', path: 'k' }] } },
          { name: 'keys', secret: { secretName: 's' } },
        ],
        volumeMounts: [
          { name: 'ram', mountPath: '/tmp' },
          { name: 'data', mountPath: '/data', subPath: 'mnist', readOnly: true },
        ],
        resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }],
        terminationGracePeriodSeconds: 60,
      },
    }),
  ],
];

/** Namespaces that enforce the strictest Pod Security Standard are where jobs must be able to run. */
describeOnApiServer('A real API server, in a namespace that enforces restricted pods,', () => {
  let server: RunningApiServer;
  beforeAll(async () => {
    server = await startApiServer();
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await made('/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } });
    // No controllers run here that would make it.
    await made(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } });
    await made('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'low' }, value: 1 });
    await made('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'sandbox' }, handler: 'runc' });
  }, START_LIMIT_MS);
  afterAll(async () => server.stop());

  async function made(path: string, object: object): Promise<void> {
    const { status, body } = await server.client.create(path, object);
    if (status !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`);
  }

  /** Dry, so that jobs do not get into each other's way; unknown and doubled fields are refused. */
  async function expectTaken(collection: string, manifest: Manifest | SecretManifest): Promise<void> {
    const path = `${collection}?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await server.client.create(path, manifest);
    expect({ status, ...(status !== 201 && { body }) }).toEqual({ status: 201 });
    // What the server fills in is besides; what we said stands as we said it.
    expect(body).toMatchObject(withMoreTolerations(manifest));
  }

  describe.each(jobs)('takes for a job %s', (_what, job) => {
    const core = `/api/v1/namespaces/${NAMESPACE}`;
    const certificate = { certificate: 'a', privateKey: 'b', authorities: 'c' };

    test('the pod', () => expectTaken(`${core}/pods`, workerPod(job, worker, settings)));
    test('the Secret', () => expectTaken(`${core}/secrets`, rankSecret(job, 0, new Map([[0, certificate]]))));
    test('the Service', () => expectTaken(`${core}/services`, coordinatorService(job, 3)));
    test('the NetworkPolicy', () =>
      expectTaken(
        `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`,
        networkPolicy(job, {
          operatorNamespace: 'terngrad-system',
          operatorPodLabels: { 'app.kubernetes.io/name': 'terngrad-operator' },
          monitoringNamespaceLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
        }),
      ));
  });

  test('takes the children of a job with the longest name', async () => {
    const job = mnistJob();
    const long = { ...job, metadata: { ...job.metadata, name: 'a'.repeat(63) } };
    const core = `/api/v1/namespaces/${NAMESPACE}`;
    await expectTaken(`${core}/pods`, workerPod(long, { rank: 1023, attempt: 1000 }, settings));
    await expectTaken(`${core}/services`, coordinatorService(long, 1));
  });

  test('refuses a pod that runs as root, so that what it takes above says something', async () => {
    const { spec, ...rest } = workerPod(mnistJob(), worker, settings);
    const pod = { ...rest, spec: { ...spec, securityContext: { runAsUser: 0 } } };
    const { status, body } = await server.client.create(`/api/v1/namespaces/${NAMESPACE}/pods`, pod);
    expect(status).toBe(403);
    expect(JSON.stringify(body)).toContain('violates PodSecurity');
  });
});

/** The server adds tolerations of its own to a pod's. */
function withMoreTolerations(manifest: Manifest | SecretManifest): Record<string, unknown> {
  if (!('spec' in manifest) || !Array.isArray(manifest.spec['tolerations'])) return { ...manifest };
  const tolerations: unknown = expect.arrayContaining(manifest.spec['tolerations']);
  return { ...manifest, spec: { ...manifest.spec, tolerations } };
}
