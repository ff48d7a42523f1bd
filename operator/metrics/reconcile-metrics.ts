import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** controller-runtime's names, so that dashboards made for other operators show this one too. */
export interface ReconcileMetrics {
  /** `requeue_after`: a later look was asked for; `error`: it failed and is tried again. */
  reconciled(result: ReconcileResult, durationMs: number): void;
}

export type ReconcileResult = 'success' | 'requeue_after' | 'error';

const controller = 'terngradjob';
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createReconcileMetrics(registry: Registry): ReconcileMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations by result',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciliations that failed',
    labelNames: ['controller'],
    registers,
  });
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Duration of a reconciliation',
    labelNames: ['controller'],
    buckets: bucketsSeconds,
    registers,
  });
  for (const result of ['success', 'requeue_after', 'error'] as const) total.inc({ controller, result }, 0);
  errors.inc({ controller }, 0);
  seconds.zero({ controller });
  return {
    reconciled(result, durationMs) {
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      seconds.observe({ controller }, durationMs / 1000);
    },
  };
}
