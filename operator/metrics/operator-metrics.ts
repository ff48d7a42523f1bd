import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { QueueObserver } from '../cluster/queue/work-queue.ts';
import { createApiMetrics } from './api-metrics.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { createJobMetrics } from './job-metrics.ts';
import type { JobCount, JobMetrics } from './job-metrics.ts';
import { createQueueMetrics } from './queue-metrics.ts';
import { createReconcileMetrics } from './reconcile-metrics.ts';
import type { ReconcileMetrics } from './reconcile-metrics.ts';

export interface OperatorMetricsOptions {
  readonly version: string;
  readonly leaseName: string;
  /** Plurals of what is watched. */
  readonly watched: readonly string[];
  /** Asked at each scrape. */
  readonly isLeading: () => boolean;
  readonly countJobs: () => readonly JobCount[];
  /** Node's own process metrics; off in tests. Default true. */
  readonly processMetrics?: boolean;
}

/** All series of the operator. */
export interface OperatorMetrics {
  readonly registry: Registry;
  readonly api: ApiMetrics;
  readonly jobs: JobMetrics;
  readonly queue: QueueObserver;
  readonly reconcile: ReconcileMetrics;
}

export function createOperatorMetrics(options: OperatorMetricsOptions): OperatorMetrics {
  const { version, leaseName, watched, isLeading, countJobs, processMetrics = true } = options;
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'terngrad_build_info',
    help: 'Always 1; what runs is in the labels',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
  new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads, else 0',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      this.set({ name: leaseName }, isLeading() ? 1 : 0);
    },
  });
  return {
    registry,
    api: createApiMetrics(registry, watched),
    jobs: createJobMetrics(registry, countJobs),
    queue: createQueueMetrics(registry),
    reconcile: createReconcileMetrics(registry),
  };
}
