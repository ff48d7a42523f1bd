import { describe, expect, test } from '@jest/globals';
import { workerLabels } from './labels.ts';
import { networkPolicy } from './network-policy.ts';
import type { ClusterJob } from './cluster-job.ts';
import { mnistJob } from './testing/cluster-job-fixture.ts';
import { isAllowed } from './testing/network-policy-evaluator.ts';
import type { Endpoint, Flow, Policy } from './testing/network-policy-evaluator.ts';

const job = mnistJob();
const otherJob: ClusterJob = { ...job, metadata: { ...job.metadata, name: 'other', uid: 'other-uid' } };
const sameNameElsewhere: ClusterJob = {
  ...job,
  metadata: { ...job.metadata, namespace: 'team-b', uid: 'uid-b' },
};
const operatorLabels = { 'app.kubernetes.io/name': 'terngrad-operator' };
const settings = {
  operatorNamespace: 'terngrad-system',
  operatorPodLabels: operatorLabels,
  monitoringNamespaceLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
};
// The shape of a NetworkPolicy, which the integration test has the API server check.
const policies = [job, otherJob, sameNameElsewhere].map(
  (one) => networkPolicy(one, settings) as unknown as Policy,
);

function pod(namespace: string, labels: Readonly<Record<string, string>> = {}): Endpoint {
  return { namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels };
}

function workerOf(one: ClusterJob, rank: number, attempt = 1): Endpoint {
  return pod(one.metadata.namespace, workerLabels(one, { rank, attempt }));
}

function address(ip: string): Endpoint {
  return { ...pod(''), ip };
}

const worker = workerOf(job, 0);
const operator = pod('terngrad-system', operatorLabels);
const dns = pod('kube-system', { 'k8s-app': 'kube-dns' });
const prometheus = pod('monitoring', { app: 'prometheus' });

const grpc = { protocol: 'TCP', port: 7443 } as const;
const http = { protocol: 'TCP', port: 8080 } as const;
const dnsUdp = { protocol: 'UDP', port: 53 } as const;

type Case = readonly [string, Endpoint, Endpoint, Pick<Flow, 'protocol' | 'port'>];

describe('flows that a job needs', () => {
  test.each<Case>([
    ['a worker to rank 0', workerOf(job, 1), workerOf(job, 0), grpc],
    ['rank 0 to a worker', workerOf(job, 0), workerOf(job, 1), grpc],
    ['a worker to the next attempt of another', workerOf(job, 1), workerOf(job, 2, 7), grpc],
    ['the operator to rank 0', operator, worker, grpc],
    ['Prometheus to the metrics', prometheus, worker, http],
    ['a worker to DNS', worker, dns, dnsUdp],
    ['a worker to DNS with a long answer', worker, dns, { protocol: 'TCP', port: 53 }],
    [
      'a worker to DNS pods that listen on 5353',
      worker,
      pod('openshift-dns'),
      { protocol: 'UDP', port: 5353 },
    ],
    ['a worker to the DNS cache of its node', worker, address('169.254.20.10'), dnsUdp],
  ])('%s', (_what, from, to, how) => {
    expect(isAllowed(policies, { from, to, ...how })).toBe(true);
  });
});

describe('flows that nobody needs', () => {
  test.each<Case>([
    ['a worker of another job to ours', workerOf(otherJob, 0), worker, grpc],
    ['our worker to another job', worker, workerOf(otherJob, 0), grpc],
    ['a worker of the same job name in another namespace', workerOf(sameNameElsewhere, 0), worker, grpc],
    ['any pod of the namespace to gRPC', pod('team-a', { app: 'web' }), worker, grpc],
    ['any pod of the namespace to the metrics', pod('team-a', { app: 'web' }), worker, http],
    ['a worker to the metrics of another', workerOf(job, 1), worker, http],
    ['the operator to the metrics', operator, worker, http],
    ['a pod beside the operator', pod('terngrad-system', { app: 'web' }), worker, grpc],
    ['a pod with the operator’s labels elsewhere', pod('team-a', operatorLabels), worker, grpc],
    ['Prometheus to gRPC', prometheus, worker, grpc],
    ['a pod that calls itself monitoring', pod('team-b', { app: 'prometheus' }), worker, http],
    ['an address outside to gRPC', address('203.0.113.7'), worker, grpc],
    ['an address outside to the metrics', address('203.0.113.7'), worker, http],
    ['another port of a worker', workerOf(job, 1), worker, { protocol: 'TCP', port: 9229 }],
    ['gRPC’s port by UDP', workerOf(job, 1), worker, { protocol: 'UDP', port: 7443 }],
    ['a worker to the API server', worker, address('10.96.0.1'), { protocol: 'TCP', port: 443 }],
    ['a worker to the cloud’s metadata', worker, address('169.254.169.254'), { protocol: 'TCP', port: 80 }],
    ['a worker to the internet', worker, address('203.0.113.7'), { protocol: 'TCP', port: 443 }],
    ['a worker to DNS servers outside', worker, address('203.0.113.7'), dnsUdp],
    ['a worker to the operator', worker, operator, grpc],
    [
      'a worker to any other pod',
      worker,
      pod('team-a', { app: 'database' }),
      { protocol: 'TCP', port: 5432 },
    ],
  ])('%s', (_what, from, to, how) => {
    expect(isAllowed(policies, { from, to, ...how })).toBe(false);
  });
});

test('what is not ours is left alone', () => {
  const [one, other] = [pod('team-a', { app: 'web' }), pod('team-a', { app: 'database' })];
  expect(isAllowed(policies, { from: one, to: other, protocol: 'TCP', port: 5432 })).toBe(true);
});

test('a policy of the user’s beside ours opens what his program needs', () => {
  const users: Policy = {
    metadata: { namespace: 'team-a' },
    spec: {
      podSelector: { matchLabels: { 'terngrad.dev/job-name': 'mnist' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [{ protocol: 'TCP', port: 443 }] }],
    },
  };
  const flow = { from: worker, to: address('203.0.113.7'), protocol: 'TCP', port: 443 } as const;
  expect(isAllowed([...policies, users], flow)).toBe(true);
});
