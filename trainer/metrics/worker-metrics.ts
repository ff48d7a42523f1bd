import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PhaseTimes } from '../step/messages.ts';

/** Bytes that this worker has sent so far, and all bytes of its sockets. Counters: they only grow. */
export interface ByteCounts {
  readonly push: { readonly raw: number; readonly wire: number };
  readonly pull: { readonly raw: number; readonly wire: number };
  readonly barrier: number;
  readonly transport: { readonly sent: number; readonly received: number };
}

export interface WorkerMetricsOptions {
  readonly rank: number;
  readonly jobName: string;
  readonly jobNamespace: string;
  /** Asked at each scrape. */
  readonly byteCounts: () => ByteCounts;
  /** Node's own process metrics; off in tests. Default true. */
  readonly processMetrics?: boolean;
}

export interface ConfirmedStep {
  readonly phases: PhaseTimes;
  readonly samples: number;
  readonly meanLoss: number;
  /** Delayed scalers that the step's gradients exceeded; absent where there are none. */
  readonly exceededScalers?: number | undefined;
  readonly finishedAtSeconds: number;
}

/** The worker's Prometheus series. Names are part of the API: dashboards and alerts are built on them. */
export interface WorkerMetrics {
  readonly registry: Registry;
  stepConfirmed(step: ConfirmedStep): void;
  evaluated(result: { readonly loss: number; readonly accuracy: number | undefined }): void;
  nonFinite(): void;
  /** A membership change makes it grow. */
  inGeneration(generation: number): void;
  /** @param step of the state that the checkpoint is of. */
  checkpointEnded(outcome: 'saved' | 'skipped' | 'failed', step: number): void;
}

const stepSecondsBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const phaseNames = ['compute', 'encode', 'barrier', 'push', 'pull', 'apply'] as const;

export function createWorkerMetrics(options: WorkerMetricsOptions): WorkerMetrics {
  const registry = new Registry();
  // Not `job`: that label is Prometheus' own.
  registry.setDefaultLabels({
    terngradjob: options.jobName,
    namespace: options.jobNamespace,
    rank: String(options.rank),
  });
  const registers = [registry];
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });

  const duration = new Histogram({
    name: 'terngrad_step_duration_seconds',
    help: 'Duration of each phase of a confirmed step',
    labelNames: ['phase'],
    buckets: stepSecondsBuckets,
    registers,
  });
  const steps = new Counter({ name: 'terngrad_steps_total', help: 'Confirmed steps', registers });
  const samples = new Counter({
    name: 'terngrad_samples_total',
    help: 'Training examples that this worker computed',
    registers,
  });
  const loss = new Gauge({
    name: 'terngrad_loss',
    help: 'Training loss of the last confirmed step',
    registers,
  });
  const lastStep = new Gauge({
    name: 'terngrad_last_step_timestamp_seconds',
    help: 'Unix time of the last confirmed step',
    registers,
  });
  const testLoss = new Gauge({ name: 'terngrad_test_loss', help: 'Loss of the last evaluation', registers });
  const testAccuracy = new Gauge({
    name: 'terngrad_test_accuracy_ratio',
    help: 'Accuracy of the last evaluation, 0 to 1',
    registers,
  });
  const nonFinite = new Counter({
    name: 'terngrad_nonfinite_total',
    help: 'Losses or gradients that were NaN or infinite',
    registers,
  });
  const exceededScalers = new Counter({
    name: 'terngrad_exceeded_scalers_total',
    help: 'Delayed scalers that were smaller than what the gradients of their step needed; what is beyond was cut off',
    registers,
  });
  const generation = new Gauge({
    name: 'terngrad_generation',
    help: 'Generation of the membership; grows when a worker is lost, leaves or joins',
    registers,
  });
  const checkpoints = new Counter({
    name: 'terngrad_checkpoints_total',
    help: 'Checkpoints that were saved, skipped because the one before was still being written, or failed',
    labelNames: ['outcome'],
    registers,
  });
  const checkpointStep = new Gauge({
    name: 'terngrad_last_checkpoint_step',
    help: 'Step of the last saved checkpoint',
    registers,
  });
  // A gauge starts as 0, which here would be told as a figure: no accuracy at all, a last step in 1970.
  for (const gauge of [loss, lastStep, testLoss, testAccuracy, generation, checkpointStep]) gauge.remove();
  countersReadAtScrape(registry, options.byteCounts);
  for (const phase of phaseNames) duration.zero({ phase });

  return {
    registry,
    stepConfirmed(step) {
      for (const phase of phaseNames) duration.observe({ phase }, step.phases[phase] / 1000);
      steps.inc();
      samples.inc(step.samples);
      loss.set(step.meanLoss);
      exceededScalers.inc(step.exceededScalers ?? 0);
      lastStep.set(step.finishedAtSeconds);
    },
    evaluated(result) {
      testLoss.set(result.loss);
      if (result.accuracy !== undefined) testAccuracy.set(result.accuracy);
    },
    nonFinite() {
      nonFinite.inc();
    },
    inGeneration: (present) => generation.set(present),
    checkpointEnded(outcome, step) {
      checkpoints.inc({ outcome });
      if (outcome === 'saved') checkpointStep.set(step);
    },
  };
}

/** Byte counts live in the exchange; a scrape copies them, so that the hot path touches no metrics library. */
function countersReadAtScrape(registry: Registry, byteCounts: () => ByteCounts): void {
  const registers = [registry];
  new Counter({
    name: 'terngrad_gradient_bytes_total',
    help: 'Bytes of gradients sent: raw = float32 size of the values sent, wire = whole gRPC messages',
    labelNames: ['direction', 'kind'],
    registers,
    collect() {
      const counts = byteCounts();
      this.reset();
      for (const direction of ['push', 'pull'] as const) {
        for (const kind of ['raw', 'wire'] as const) this.inc({ direction, kind }, counts[direction][kind]);
      }
    },
  });
  new Counter({
    name: 'terngrad_barrier_bytes_total',
    help: 'Bytes of barrier messages sent',
    registers,
    collect() {
      this.reset();
      this.inc(byteCounts().barrier);
    },
  });
  new Counter({
    name: 'terngrad_transport_bytes_total',
    help: 'Bytes of all sockets of the exchange, TLS and HTTP/2 included',
    labelNames: ['direction'],
    registers,
    collect() {
      const { transport } = byteCounts();
      this.reset();
      this.inc({ direction: 'sent' }, transport.sent);
      this.inc({ direction: 'received' }, transport.received);
    },
  });
}
