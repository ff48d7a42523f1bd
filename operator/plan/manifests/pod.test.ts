import { describe, expect, test } from '@jest/globals';
import { readIdentity } from '../../../trainer/identity.ts';
import type { PodSettings } from './pod.ts';
import { workerPod } from './pod.ts';
import type { ClusterJob } from './cluster-job.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

const settings: PodSettings = {
  trainerImage: 'terngrad/trainer:1.0.0',
  trainerGpuImage: 'terngrad/trainer-gpu:1.0.0',
  imagePullPolicy: 'IfNotPresent',
  logLevel: 'info',
};
const worker = { rank: 1, attempt: 2 };

interface Container {
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly resources: unknown;
  readonly volumeMounts: unknown;
}

function containerOf(job: ClusterJob): Container {
  // The shape of a pod; its first container is the only one.
  const { containers } = workerPod(job, worker, settings).spec as { containers: [Container] };
  return containers[0];
}

function variables(job: ClusterJob): Record<string, unknown> {
  return Object.fromEntries(
    containerOf(job).env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
}

const cpuPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'mnist-worker-1-2',
    namespace: 'team-a',
    labels: {
      'app.kubernetes.io/name': 'terngrad-job',
      'app.kubernetes.io/managed-by': 'terngrad-operator',
      'app.kubernetes.io/component': 'worker',
      'terngrad.dev/job-name': 'mnist',
      'terngrad.dev/job-uid': UID,
      'terngrad.dev/rank': '1',
      'terngrad.dev/attempt': '2',
    },
    ownerReferences: [
      {
        apiVersion: 'terngrad.dev/v1alpha1',
        kind: 'TernGradJob',
        name: 'mnist',
        uid: UID,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  spec: {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostname: 'worker-1',
    subdomain: 'mnist-coordinator',
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [
      {
        name: 'terngrad-rank',
        secret: {
          secretName: 'mnist-ranks-0',
          defaultMode: 0o440,
          items: [
            { key: 'job.json', path: 'job.json' },
            { key: 'ca.crt', path: 'ca.crt' },
            { key: '1.crt', path: 'tls.crt' },
            { key: '1.key', path: 'tls.key' },
          ],
        },
      },
      { name: 'terngrad-tmp', emptyDir: {} },
    ],
    containers: [
      {
        name: 'worker',
        image: 'terngrad/trainer:1.0.0',
        imagePullPolicy: 'IfNotPresent',
        env: [
          { name: 'TERNGRAD_JOB_FILE', value: '/etc/terngrad/rank/job.json' },
          { name: 'TERNGRAD_JOB_NAME', value: 'mnist' },
          { name: 'TERNGRAD_JOB_NAMESPACE', value: 'team-a' },
          { name: 'TERNGRAD_JOB_UID', value: UID },
          { name: 'TERNGRAD_RANK', value: '1' },
          { name: 'TERNGRAD_ATTEMPT', value: '2' },
          { name: 'TERNGRAD_COORDINATOR_ADDRESS', value: 'mnist-coordinator:7443' },
          { name: 'TERNGRAD_LISTEN_ADDRESS', value: '*:7443' },
          { name: 'TERNGRAD_HTTP_ADDRESS', value: '*:8080' },
          { name: 'TERNGRAD_CERTIFICATE_DIRECTORY', value: '/etc/terngrad/rank' },
          { name: 'TERNGRAD_TERMINATION_MESSAGE_FILE', value: '/dev/termination-log' },
          { name: 'TERNGRAD_BASE_DIRECTORY', value: '/opt/terngrad' },
          { name: 'TERNGRAD_LOG_LEVEL', value: 'info' },
          {
            name: 'TERNGRAD_ADVERTISE_HOST',
            valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } },
          },
          { name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' },
          { name: 'TF_CPP_MIN_LOG_LEVEL', value: '2' },
          { name: 'TF_NUM_INTRAOP_THREADS', value: '1' },
          { name: 'TF_NUM_INTEROP_THREADS', value: '1' },
          { name: 'TF_ENABLE_ONEDNN_OPTS', value: '1' },
          { name: 'TF_FORCE_GPU_ALLOW_GROWTH', value: 'true' },
          { name: 'HOME', value: '/tmp' },
        ],
        ports: [
          { name: 'grpc', containerPort: 7443, protocol: 'TCP' },
          { name: 'http', containerPort: 8080, protocol: 'TCP' },
        ],
        resources: {},
        volumeMounts: [
          { name: 'terngrad-rank', mountPath: '/etc/terngrad/rank', readOnly: true },
          { name: 'terngrad-tmp', mountPath: '/tmp' },
        ],
        startupProbe: {
          httpGet: { path: '/healthz', port: 'http' },
          periodSeconds: 1,
          timeoutSeconds: 1,
          failureThreshold: 60,
        },
        livenessProbe: {
          httpGet: { path: '/healthz', port: 'http' },
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 6,
        },
        readinessProbe: {
          httpGet: { path: '/readyz', port: 'http' },
          periodSeconds: 2,
          timeoutSeconds: 1,
          failureThreshold: 3,
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
  },
};

test('the pod of a worker that computes on the CPU', () => {
  expect(workerPod(mnistJob(), worker, settings)).toStrictEqual(cpuPod);
});

test('the pod of a worker with two GPUs differs in image, resources, toleration and variable', () => {
  const job = mnistJob({
    gpusPerWorker: 2,
    template: { resources: { requests: { cpu: 4 }, limits: { memory: '8Gi' } } },
  });
  const [container] = cpuPod.spec.containers;
  expect(workerPod(job, worker, settings)).toStrictEqual({
    ...cpuPod,
    spec: {
      ...cpuPod.spec,
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      containers: [
        {
          ...container,
          image: 'terngrad/trainer-gpu:1.0.0',
          env: container?.env.filter(({ name }) => name !== 'NVIDIA_VISIBLE_DEVICES'),
          resources: {
            requests: { cpu: '4', 'nvidia.com/gpu': '2' },
            limits: { memory: '8Gi', 'nvidia.com/gpu': '2' },
          },
        },
      ],
    },
  });
});

describe('the environment', () => {
  test('is what the worker reads as its identity', () => {
    const environment = { ...variables(mnistJob()), TERNGRAD_ADVERTISE_HOST: 'fd00::17' };
    expect(readIdentity(environment as Record<string, string>)).toEqual({
      jobFile: '/etc/terngrad/rank/job.json',
      jobName: 'mnist',
      jobNamespace: 'team-a',
      jobUid: UID,
      rank: 1,
      attempt: 2,
      coordinatorAddress: 'mnist-coordinator:7443',
      advertiseHost: 'fd00::17',
      listenAddress: '*:7443',
      httpAddress: '*:8080',
      certificateDirectory: '/etc/terngrad/rank',
      terminationMessageFile: '/dev/termination-log',
      baseDirectory: '/opt/terngrad',
      logLevel: 'info',
    });
  });

  test('names no certificates where TLS is off', () => {
    const job = mnistJob({}, { tls: { enabled: false } });
    expect(variables(job)).not.toHaveProperty('TERNGRAD_CERTIFICATE_DIRECTORY');
  });

  test('has the user’s variables, literal to the letter, in place of our defaults', () => {
    const env = [
      { name: 'TF_ENABLE_ONEDNN_OPTS', value: '0' },
      { name: 'PRICE', value: '5$ $(HOME) $$' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'allowed', key: 'token' } } },
    ];
    const names = containerOf(mnistJob({ template: { env } })).env.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(variables(mnistJob({ template: { env }, threads: 3 }))).toMatchObject({
      TF_ENABLE_ONEDNN_OPTS: '0',
      TF_NUM_INTRAOP_THREADS: '3',
      // What the kubelet makes of it is the value above.
      PRICE: '5$$ $$(HOME) $$$$',
      TOKEN: { secretKeyRef: { name: 'allowed', key: 'token' } },
    });
  });
});

describe('the image', () => {
  test.each([
    ['ours, with the operator’s pull policy', {}, 'terngrad/trainer:1.0.0', 'IfNotPresent'],
    ['ours, pulled as the user says', { imagePullPolicy: 'Always' }, 'terngrad/trainer:1.0.0', 'Always'],
    ['the user’s, pulled as Kubernetes decides', { image: 'example/own:1' }, 'example/own:1', undefined],
    [
      'the GPU one, for a slice of a GPU',
      { resources: { limits: { 'nvidia.com/mig-1g.10gb': 1 } } },
      'terngrad/trainer-gpu:1.0.0',
      'IfNotPresent',
    ],
  ] as const)('is %s', (_what, template, image, imagePullPolicy) => {
    expect(containerOf(mnistJob({ template }))).toMatchObject({ image });
    expect(containerOf(mnistJob({ template })).imagePullPolicy).toBe(imagePullPolicy);
  });

  test('a slice of a GPU is asked for as it is, and nothing hides the device', () => {
    const job = mnistJob({ template: { resources: { limits: { 'nvidia.com/mig-1g.10gb': 1 } } } });
    expect(containerOf(job).resources).toEqual({ limits: { 'nvidia.com/mig-1g.10gb': '1' } });
    expect(variables(job)).not.toHaveProperty('NVIDIA_VISIBLE_DEVICES');
  });
});

test('a program from a ConfigMap is mounted, and paths are relative to it', () => {
  const job = mnistJob({}, { program: { path: 'model.js', configMap: { name: 'my-program' } } });
  expect(variables(job)).toMatchObject({ TERNGRAD_BASE_DIRECTORY: '/etc/terngrad/program' });
  expect(workerPod(job, worker, settings).spec['volumes']).toContainEqual({
    name: 'terngrad-program',
    configMap: { name: 'my-program' },
  });
  expect(containerOf(job).volumeMounts).toContainEqual({
    name: 'terngrad-program',
    mountPath: '/etc/terngrad/program',
    readOnly: true,
  });
});

test('a volume of the user’s takes the place of ours at /tmp', () => {
  const template = {
    volumes: [{ name: 'ram', emptyDir: { medium: 'Memory' as const } }],
    volumeMounts: [{ name: 'ram', mountPath: '/tmp/' }],
  };
  expect(containerOf(mnistJob({ template })).volumeMounts).toEqual([
    { name: 'terngrad-rank', mountPath: '/etc/terngrad/rank', readOnly: true },
    { name: 'ram', mountPath: '/tmp/' },
  ]);
});

test('where the pod runs, what it claims and who pulls its image is passed through', () => {
  const passed = {
    nodeSelector: { disk: 'ssd' },
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } },
    },
    tolerations: [{ key: 'team', operator: 'Equal' as const, value: 'a' }],
    priorityClassName: 'low',
    runtimeClassName: 'nvidia',
    schedulerName: 'volcano',
    resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }],
    imagePullSecrets: [{ name: 'registry' }],
    terminationGracePeriodSeconds: 90,
  };
  const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const };
  const own = { ...spread, labelSelector: { matchLabels: { app: 'x' } } };
  const template = {
    ...passed,
    topologySpreadConstraints: [spread, own],
    resources: { claims: [{ name: 'gpu' }] },
    labels: { team: 'a' },
    annotations: { 'example.com/note': 'b' },
  };
  const { metadata, spec } = workerPod(mnistJob({ template }), worker, settings);
  expect(spec).toMatchObject(passed);
  expect(spec['topologySpreadConstraints']).toEqual([
    { ...spread, labelSelector: { matchLabels: { 'terngrad.dev/job-uid': UID } } },
    own,
  ]);
  expect(containerOf(mnistJob({ template })).resources).toEqual({
    claims: [{ name: 'gpu' }],
  });
  expect(metadata.labels).toEqual({ ...cpuPod.metadata.labels, team: 'a' });
  expect(metadata.annotations).toEqual({ 'example.com/note': 'b' });
});
