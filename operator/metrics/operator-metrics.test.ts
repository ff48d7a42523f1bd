import { expect, test } from '@jest/globals';
import { countJobs } from './count-jobs.ts';
import type { JobCount } from './job-metrics.ts';
import type { OperatorMetrics } from './operator-metrics.ts';
import { createOperatorMetrics } from './operator-metrics.ts';

let jobs: readonly JobCount[] = [];
let isLeading = false;

function create(): OperatorMetrics {
  return createOperatorMetrics({
    version: '1.2.3',
    leaseName: 'terngrad-operator',
    watched: ['pods'],
    isLeading: () => isLeading,
    countJobs: () => jobs,
    processMetrics: false,
  });
}

const text = (metrics: OperatorMetrics): Promise<string> => metrics.registry.metrics();

test('series that alerts are built on exist before anything happened', async () => {
  const all = await text(create());
  for (const line of [
    'controller_runtime_reconcile_errors_total{controller="terngradjob"} 0',
    'controller_runtime_reconcile_total{controller="terngradjob",result="error"} 0',
    'workqueue_depth{name="terngradjob"} 0',
    'leader_election_master_status{name="terngrad-operator"} 0',
    'terngrad_operator_watch_restarts_total{resource="pods",reason="ended"} 0',
    'terngrad_operator_job_pods_created_delay_seconds_count 0',
    `terngrad_build_info{version="1.2.3",node="${process.version}"} 1`,
  ]) {
    expect(all).toContain(line);
  }
});

test('jobs and leadership are read at each scrape: nothing stays of a job that is gone', async () => {
  const metrics = create();
  jobs = [{ namespace: 'a', state: 'Running', count: 2 }];
  isLeading = true;
  expect(await text(metrics)).toContain('terngrad_operator_jobs{namespace="a",state="Running"} 2');
  expect(await text(metrics)).toContain('leader_election_master_status{name="terngrad-operator"} 1');
  jobs = [];
  expect(await text(metrics)).not.toContain('namespace="a"');
});

test('restarts of a namespace without jobs are removed, those of others stay', async () => {
  const { jobs: series, ...metrics } = create();
  jobs = [];
  series.workerRestarted('a', 'disrupted');
  series.workerRestarted('b', 'internal');
  series.namespaceEmptied('a');
  const all = await text({ ...metrics, jobs: series });
  expect(all).not.toContain('namespace="a"');
  expect(all).toContain('terngrad_operator_worker_restarts_total{namespace="b",reason="internal"} 1');
});

test('reconciliations and delays are counted in seconds', async () => {
  const metrics = create();
  metrics.reconcile.reconciled('error', 20);
  metrics.reconcile.reconciled('requeue_after', 40);
  metrics.jobs.podsCreated(50);
  const all = await text(metrics);
  expect(all).toContain('controller_runtime_reconcile_errors_total{controller="terngradjob"} 1');
  expect(all).toContain('controller_runtime_reconcile_time_seconds_sum{controller="terngradjob"} 0.06');
  expect(all).toContain('terngrad_operator_job_pods_created_delay_seconds_sum 0.05');
});

test('jobs are counted by namespace and state; one without a status is pending', () => {
  const job = (namespace: string, state?: JobCount['state']) => ({
    metadata: { namespace },
    ...(state !== undefined && { status: { state } }),
  });
  expect(countJobs([job('a', 'Running'), job('a', 'Running'), job('a'), job('b', 'Failed')])).toEqual([
    { namespace: 'a', state: 'Running', count: 2 },
    { namespace: 'a', state: 'Pending', count: 1 },
    { namespace: 'b', state: 'Failed', count: 1 },
  ]);
});
