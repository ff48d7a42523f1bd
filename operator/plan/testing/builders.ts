import type { ResolvedJob } from '../../../crds/job.ts';
import { API_VERSION, KIND } from '../../../crds/job.ts';
import { parseJob } from '../../../crds/parse.ts';
import type { TerminationMessage } from '../../../crds/termination-message.ts';
import type { JobProgress } from '../progress.ts';
import type { WorkerChild } from '../worker-child.ts';

/** Second 0 of every test; `at(5)` is five seconds later. */
export function at(second: number): Date {
  return new Date(Date.UTC(2030, 0, 1) + second * 1000);
}

/** A job with `replicas` workers; `spec` holds further blocks of the spec as YAML lines without indentation. */
export function job(replicas: number, ...spec: readonly string[]): ResolvedJob {
  const lines = [
    `apiVersion: ${API_VERSION}`,
    `kind: ${KIND}`,
    'metadata: {name: small}',
    'spec:',
    `  workers: {replicas: ${replicas}}`,
    '  program: {name: logistic}',
    '  training: {steps: 100}',
    ...spec.map((line) => `  ${line}`),
  ];
  return parseJob(lines.join('\n'), 'small.yaml');
}

/** The same job with room to grow and shrink. */
export function elastic(one: ResolvedJob, minReplicas: number, maxReplicas: number): ResolvedJob {
  const bounds = { minReplicas, maxReplicas, graceSeconds: 30 };
  return { ...one, spec: { ...one.spec, workers: { ...one.spec.workers, elastic: bounds } } };
}

/** `worker(1).failed(66)`: a chain that reads as the history of one worker. */
export function worker(rank: number, attempt = 1): WorkerBuilder {
  return new WorkerBuilder({
    uid: `uid-${rank}-${attempt}`,
    rank,
    attempt,
    phase: 'pending',
    ready: false,
    disrupted: false,
    conditions: [],
    deleting: false,
    createdAt: at(0),
  });
}

export class WorkerBuilder {
  readonly child: WorkerChild;

  constructor(child: WorkerChild) {
    this.child = child;
  }

  created(createdAt: Date): WorkerBuilder {
    return this.with({ createdAt });
  }

  running(startedAt = this.child.createdAt): WorkerBuilder {
    return this.with({ phase: 'running', startedAt });
  }

  /** Runs, and says that it takes part. */
  ready(startedAt = this.child.createdAt): WorkerBuilder {
    return this.with({ phase: 'running', startedAt, ready: true });
  }

  waiting(reason: string, message: string, since = this.child.createdAt): WorkerBuilder {
    return this.with({ waiting: { reason, message, since } });
  }

  /** Somebody deleted it; it may still take its time. */
  deleting(): WorkerBuilder {
    return this.with({ deleting: true, ready: false });
  }

  having(...conditions: readonly string[]): WorkerBuilder {
    return this.with({ conditions });
  }

  succeeded(finishedAt = at(10)): WorkerBuilder {
    return this.with({ phase: 'succeeded', exitCode: 0, finishedAt });
  }

  failed(exitCode: number, finishedAt = at(10)): WorkerBuilder {
    return this.with({ phase: 'failed', exitCode, finishedAt });
  }

  disrupted(finishedAt = at(10)): WorkerBuilder {
    const conditions = ['DisruptionTarget'];
    return this.with({ phase: 'failed', exitCode: 143, disrupted: true, conditions, finishedAt });
  }

  saying(reason: string, message = `${reason} happened`): WorkerBuilder {
    const { rank, attempt, exitCode = 0 } = this.child;
    const words: TerminationMessage = { rank, attempt, exitCode, reason, message, steps: 7, epochs: 0.5 };
    return this.with({ message: words });
  }

  private with(change: Partial<WorkerChild>): WorkerBuilder {
    return new WorkerBuilder({ ...this.child, ...change });
  }
}

export function children(...builders: readonly WorkerBuilder[]): readonly WorkerChild[] {
  return builders.map(({ child }) => child);
}

export function progress(step: number, change: Partial<JobProgress> = {}): JobProgress {
  const ranks = [{ rank: 0, attempt: 1, step, state: 'training' }];
  return {
    step,
    totalSteps: 100,
    epoch: step / 50,
    ranks,
    suspects: [],
    stragglers: [],
    advancedAt: at(0),
    ...change,
  };
}
