import type { JobStatus } from '../../../crds/status.ts';
import { statusSchema } from '../../../crds/status.ts';
import type { Plan } from '../plan.ts';
import { plan } from '../plan.ts';
import type { PlannedJob } from '../planned-job.ts';
import type { WorkerChild, WorkerIdentity } from '../worker-child.ts';
import { isLive } from '../worker-child.ts';
import { at, worker } from './builders.ts';

/**
 * A job whose plan is carried out in memory: what it starts is pending, what it stops is being deleted. The status
 * goes through JSON and the schema on its way to the next look, as it does through the API server.
 */
export class Simulation {
  readonly planned: Omit<PlannedJob, 'status'>;
  children: readonly WorkerChild[] = [];
  status: JobStatus | undefined;
  readonly events: string[] = [];
  /** How often a status with new facts was written. */
  writes = 0;

  constructor(planned: Omit<PlannedJob, 'status'>) {
    this.planned = planned;
  }

  look(second: number, change: Partial<PlannedJob> = {}): Plan {
    const next = this.preview(second, change);
    this.store(next);
    this.carryOut(next, second);
    return next;
  }

  /** The same without any effect. */
  preview(second: number, change: Partial<PlannedJob> = {}): Plan {
    const { status } = this;
    return plan(
      { ...this.planned, ...(status !== undefined && { status }), ...change },
      this.children,
      at(second),
    );
  }

  /** Writes what a plan says, or not, as the controller does: here figures are always written. */
  store(next: Plan): void {
    if (next.statusChange === 'none') return;
    if (next.statusChange === 'facts') this.writes += 1;
    this.status = statusSchema.parse(JSON.parse(JSON.stringify(next.status)));
    this.events.push(...next.events.map(({ reason }) => reason));
  }

  carryOut({ start, stop, kill, remove }: Plan, second: number): void {
    const isIn = (list: readonly WorkerIdentity[], { rank, attempt }: WorkerIdentity): boolean =>
      list.some((one) => one.rank === rank && one.attempt === attempt);
    this.children = [
      ...this.children
        .filter((child) => !isIn(remove, child) && !isIn(kill, child))
        .map((child) => (isIn(stop, child) ? { ...child, deleting: true } : child)),
      ...start.map(({ rank, attempt }) => worker(rank, attempt).created(at(second)).child),
    ];
  }

  /** Changes the newest child of a rank. */
  change(rank: number, change: Partial<WorkerChild>): void {
    const newest = Math.max(
      ...this.children.filter((one) => one.rank === rank).map(({ attempt }) => attempt),
    );
    this.children = this.children.map((child) =>
      child.rank === rank && child.attempt === newest ? { ...child, ...change } : child,
    );
  }

  /** All pending children run and take part. */
  run(second: number): void {
    this.children = this.children.map((child) =>
      child.phase === 'pending' && !child.deleting
        ? { ...child, phase: 'running', ready: true, startedAt: at(second) }
        : child,
    );
  }

  fail(rank: number, exitCode: number, second: number, change: Partial<WorkerChild> = {}): void {
    this.change(rank, { phase: 'failed', ready: false, exitCode, finishedAt: at(second), ...change });
  }

  /** What is being deleted is gone. */
  sweep(): void {
    this.children = this.children.filter((child) => !child.deleting);
  }

  /** From nothing to all workers taking part. */
  started(second = 0): this {
    this.look(second);
    this.run(second);
    this.look(second + 1);
    return this;
  }

  get live(): readonly string[] {
    return this.children
      .filter((child) => isLive(child) && !child.deleting)
      .map(({ rank, attempt }) => `${rank}/${attempt}`)
      .sort();
  }
}
