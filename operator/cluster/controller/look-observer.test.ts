import { beforeEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { JobStatus } from '../../../crds/status.ts';
import { resolvedExample } from '../../../crds/testing/example-job.ts';
import { createJobMetrics } from '../../metrics/job-metrics.ts';
import { clusterJob } from '../../plan/manifests/cluster-job.ts';
import type { Plan } from '../../plan/plan.ts';
import type { WorkerChild } from '../../plan/worker-child.ts';
import type { Happening } from '../events/event-object.ts';
import type { JobContext } from './job-context.ts';
import type { LookObserver } from './look-observer.ts';
import { createLookObserver } from './look-observer.ts';
import { JobMemory } from './memory/job-memory.ts';

const SEEN = new Date('2026-01-01T00:00:00Z');
const later = (ms: number): Date => new Date(SEEN.getTime() + ms);
const object = { metadata: { name: 'example', namespace: 'default', uid: 'uid-1' } };

let registry: Registry;
let told: Happening[];
let observer: LookObserver;
let context: JobContext;

beforeEach(() => {
  registry = new Registry();
  told = [];
  const recorder = {
    record: (happening: Happening) => void told.push(happening),
    close: () => Promise.resolve(),
  };
  observer = createLookObserver(
    recorder,
    createJobMetrics(registry, () => []),
  );
  const resolved = resolvedExample({ workers: { replicas: 1 } });
  const job = clusterJob({ ...resolved, metadata: { ...resolved.metadata, uid: 'uid-1' } });
  context = { key: 'default/example', job, memory: new JobMemory(object, SEEN), pods: [] };
});

function planOf(status: JobStatus, more: Partial<Plan> = {}): Plan {
  return {
    start: [],
    stop: [],
    kill: [],
    remove: [],
    support: true,
    deleteJob: false,
    statusChange: 'facts',
    events: [],
    status,
    ...more,
  };
}

const failed: WorkerChild = {
  uid: 'pod-1',
  rank: 0,
  attempt: 1,
  phase: 'failed',
  ready: false,
  exitCode: 69,
  disrupted: false,
  conditions: [],
  deleting: false,
  createdAt: SEEN,
};

test('events of a written status are about the job', () => {
  const events = [{ type: 'Warning', reason: 'WorkerFailed', message: 'worker 1 ended' }] as const;
  observer.statusWritten(context, object, planOf({}, { events }), SEEN);
  expect(told).toEqual([
    {
      regarding: {
        apiVersion: 'terngrad.dev/v1alpha1',
        kind: 'TernGradJob',
        namespace: 'default',
        name: 'example',
        uid: 'uid-1',
      },
      type: 'Warning',
      reason: 'WorkerFailed',
      action: 'Reconcile',
      note: 'worker 1 ended',
    },
  ]);
});

test('the delays of a start are counted once, and not for a job that ran before', async () => {
  observer.carriedOut(context, [], planOf({}, { start: [{ rank: 0, attempt: 1 }] }), later(50));
  observer.statusWritten(context, object, planOf({ state: 'Running' }), later(1500));
  observer.statusWritten(context, object, planOf({ state: 'Running' }), later(9000));
  const text = await registry.metrics();
  expect(text).toContain('terngrad_operator_job_pods_created_delay_seconds_sum 0.05');
  expect(text).toContain('terngrad_operator_job_running_delay_seconds_sum 1.5');
});

test('a replacement is counted by what ended the worker, and timed from when that was seen', async () => {
  context.memory.endSeen('pod-1', later(1000));
  context.memory.endSeen('pod-1', later(5000));
  observer.carriedOut(context, [failed], planOf({}, { start: [{ rank: 0, attempt: 2 }] }), later(1100));
  const text = await registry.metrics();
  expect(text).toContain('terngrad_operator_worker_restarts_total{namespace="default",reason="peerLost"} 1');
  expect(text).toContain('terngrad_operator_worker_replacement_delay_seconds_sum 0.1');
});

test('what was refused is no replacement', async () => {
  context.memory.obstacles.meet('Pod', { reason: 'ChildRefused', message: 'full' }, SEEN);
  observer.carriedOut(context, [failed], planOf({}, { start: [{ rank: 0, attempt: 2 }] }), SEEN);
  expect(await registry.metrics()).not.toContain('restarts_total{');
});
