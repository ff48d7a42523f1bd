import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { QueueObserver } from '../cluster/queue/work-queue.ts';

const name = 'terngradjob';
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** The work queue under client-go's names. */
export function createQueueMetrics(registry: Registry): QueueObserver {
  const labelNames = ['name'];
  const registers = [registry];
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Keys that wait', labelNames, registers });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Keys that came in',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Keys that were put off: after a failure, or to look again',
    labelNames,
    registers,
  });
  const queued = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long a key waits for its work',
    labelNames,
    buckets: bucketsSeconds,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long the work on a key takes',
    labelNames,
    buckets: bucketsSeconds,
    registers,
  });
  depth.set({ name }, 0);
  for (const counter of [adds, retries]) counter.inc({ name }, 0);
  for (const histogram of [queued, worked]) histogram.zero({ name });
  return {
    added: () => adds.inc({ name }),
    depth: (keys) => depth.set({ name }, keys),
    waited: (seconds) => queued.observe({ name }, seconds),
    worked: (seconds) => worked.observe({ name }, seconds),
    retried: () => retries.inc({ name }),
  };
}
