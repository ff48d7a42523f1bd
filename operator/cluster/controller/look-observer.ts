import type { Plan } from '../../plan/plan.ts';
import type { WorkerChild } from '../../plan/worker-child.ts';
import type { JobContext } from './job-context.ts';
import type { JobObject } from './job-object.ts';

/** Told of what a look has done: for events and metrics, which change nothing. */
export interface LookObserver {
  /** The status of `next` is stored; `before` still has the one that it replaced. */
  statusWritten(before: JobObject, next: Plan): void;
  /** All that `next` asked for was done or refused. */
  carriedOut(context: JobContext, children: readonly WorkerChild[], next: Plan, now: Date): void;
}
