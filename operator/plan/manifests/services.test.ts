import { expect, test } from '@jest/globals';
import { workerLabels } from './labels.ts';
import { coordinatorService } from './services.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

const job = mnistJob();

test('the Service under which rank 0 is found', () => {
  expect(coordinatorService(job, 2)).toEqual({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'mnist-coordinator',
      namespace: 'team-a',
      labels: {
        'app.kubernetes.io/name': 'terngrad-job',
        'app.kubernetes.io/managed-by': 'terngrad-operator',
        'terngrad.dev/job-name': 'mnist',
        'terngrad.dev/job-uid': UID,
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
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: {
        'app.kubernetes.io/name': 'terngrad-job',
        'app.kubernetes.io/managed-by': 'terngrad-operator',
        'terngrad.dev/job-uid': UID,
        'terngrad.dev/rank': '0',
        'terngrad.dev/attempt': '2',
      },
      ports: [{ name: 'grpc', protocol: 'TCP', port: 7443, targetPort: 'grpc' }],
    },
  });
});

test.each([
  [0, 2, true],
  [0, 1, false],
  [0, 3, false],
  [1, 2, false],
])('the coordinator Service of attempt 2: rank %i, attempt %i selected: %s', (rank, attempt, selected) => {
  const selector = coordinatorService(job, 2).spec['selector'] as Record<string, string>;
  const labels = workerLabels(job, { rank, attempt });
  expect(Object.entries(selector).every(([key, value]) => labels[key] === value)).toBe(selected);
});

test('another job’s rank 0 is not selected', () => {
  const other = { ...job, metadata: { ...job.metadata, uid: 'other' } };
  const labels = workerLabels(other, { rank: 0, attempt: 1 });
  const selector = coordinatorService(job, 1).spec['selector'] as Record<string, string>;
  expect(Object.entries(selector).every(([key, value]) => labels[key] === value)).toBe(false);
});
