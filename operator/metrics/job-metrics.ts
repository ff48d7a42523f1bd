import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { JobState } from '../../crds/status.ts';

/** How many jobs of a namespace are in a state; read from the watched objects at each scrape. */
export interface JobCount {
  readonly namespace: string;
  readonly state: JobState;
  readonly count: number;
}

/** What the operator says of its jobs. Names are part of the API: dashboards and alerts are built on them. */
export interface JobMetrics {
  /** From the operator's first sight of a job to all its pods existing. */
  podsCreated(delayMs: number): void;
  /** From the operator's first sight of a job to all its workers running. */
  running(delayMs: number): void;
  /** From the end of a worker to its replacement existing. */
  workerReplaced(delayMs: number): void;
  workerRestarted(namespace: string, reason: string): void;
  /** The last job of the namespace is gone: its series go too, or they would pile up for ever. */
  namespaceEmptied(namespace: string): void;
}

const delayBucketsSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createJobMetrics(registry: Registry, countJobs: () => readonly JobCount[]): JobMetrics {
  const registers = [registry];
  new Gauge({
    name: 'terngrad_operator_jobs',
    help: 'TernGradJobs by state',
    labelNames: ['namespace', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { namespace, state, count } of countJobs()) this.set({ namespace, state }, count);
    },
  });
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name, help, buckets: delayBucketsSeconds, registers });
  const podsCreated = histogram(
    'terngrad_operator_job_pods_created_delay_seconds',
    'From the first sight of a job to all its pods existing',
  );
  const running = histogram(
    'terngrad_operator_job_running_delay_seconds',
    'From the first sight of a job to all its workers running',
  );
  const replaced = histogram(
    'terngrad_operator_worker_replacement_delay_seconds',
    'From the end of a worker to its replacement existing',
  );
  const restarts = new Counter({
    name: 'terngrad_operator_worker_restarts_total',
    help: 'Workers that were replaced, by what ended them',
    labelNames: ['namespace', 'reason'],
    registers,
  });
  const reasons = new Map<string, Set<string>>();

  return {
    podsCreated: (delayMs) => podsCreated.observe(delayMs / 1000),
    running: (delayMs) => running.observe(delayMs / 1000),
    workerReplaced: (delayMs) => replaced.observe(delayMs / 1000),
    workerRestarted(namespace, reason) {
      restarts.inc({ namespace, reason });
      const known = reasons.get(namespace) ?? new Set();
      reasons.set(namespace, known.add(reason));
    },
    namespaceEmptied(namespace) {
      for (const reason of reasons.get(namespace) ?? []) restarts.remove({ namespace, reason });
      reasons.delete(namespace);
    },
  };
}
