import { workerOf } from '../../plan/manifests/labels.ts';
import type { Plan } from '../../plan/plan.ts';
import { plan } from '../../plan/plan.ts';
import type { WorkerChild, WorkerIdentity } from '../../plan/worker-child.ts';
import { isPresent, newestAttempts } from '../../plan/worker-child.ts';
import { carryOut } from './carry-out/carry-out.ts';
import { renewCertificates } from './carry-out/renew-certificates.ts';
import { CONFIRM_AFTER_MS, confirmPods } from './confirm-pods.ts';
import { earliest } from './earliest.ts';
import type { Cluster, JobContext } from './job-context.ts';
import type { JobObject } from './job-object.ts';
import type { LookObserver } from './look-observer.ts';
import { isOurs } from './managed-by.ts';
import type { JobMemories } from './memory/job-memories.ts';
import type { JobMemory } from './memory/job-memory.ts';
import { observe } from './observe/observe.ts';
import type { Pod } from './observe/pod.ts';
import { askForTrouble } from './observe/set-up.ts';
import type { Warnings } from './observe/warnings.ts';
import type { JobProgressSource } from './progress/job-progress-source.ts';
import type { ReadJob } from './read-job.ts';
import { readJob } from './read-job.ts';
import { statusOfInvalid, wasInvalid } from './status/invalid-job.ts';
import { statusDueAt, writeStatus } from './status/status-writer.ts';

export interface ReconcilerOptions {
  readonly cluster: Cluster;
  readonly warnings: Warnings;
  readonly memories: JobMemories;
  readonly progress: JobProgressSource;
  readonly observer: LookObserver;
}

/** A cluster takes this long to notice a lost node; until then the loss of a peer is not held against the others. */
const CAUSE_WAIT_MS = 60_000;

/**
 * One look at one job: read what is, plan, carry out, write the status. It depends on nothing but what is, so it may be
 * repeated, left out, or die between any two writes.
 */
export class Reconciler {
  private readonly options: ReconcilerOptions;
  /** Jobs whose first status is still to be written, and says nothing but that they start. */
  private readonly starting = new Set<string>();

  constructor(options: ReconcilerOptions) {
    this.options = options;
  }

  /**
   * @param key `namespace/name` of a job
   * @returns when to look again if nothing happens before.
   * @throws what is only delayed; the look is to be tried again, later every time.
   */
  async look(key: string): Promise<Date | undefined> {
    const { cluster, memories, progress } = this.options;
    const seen = cluster.stores.jobs.get(key);
    if (seen === undefined || seen.metadata.deletionTimestamp !== undefined || !isOurs(seen)) {
      // What it owned goes by its owner references: the garbage collector's work, also without us.
      progress.forget(key);
      memories.forget(key);
      this.starting.delete(key);
      return undefined;
    }
    const memory = memories.of(key, seen, cluster.clock());
    const object = memory.jobs.get(cluster.stores.jobs, key) ?? seen;
    const read = readOnce(object, memory);
    if (read.kind === 'invalid') return this.lookAtInvalid(object, read.message, memory);
    await confirmPods(cluster, object, memory);
    const pods = memory.pods.list(cluster.stores.pods, memory.uid);
    const askAgainAt = await askForTrouble(this.options.warnings, pods, memory.setUps, cluster.clock());
    const context = { key, job: read.job, memory, pods };
    return earliest([askAgainAt, await this.lookAtValid(object, context)]);
  }

  private async lookAtValid(object: JobObject, context: JobContext): Promise<Date | undefined> {
    const { cluster, progress, observer } = this.options;
    const { memory, pods } = context;
    const now = cluster.clock();
    const children = observe(pods, memory.pods, memory.setUps);
    const met = memory.obstacles.current();
    const next = this.planOf(object, context, children, now);
    progress.update(context, children, object.status);
    if (next.deleteJob) {
      await this.deleteJob(object);
      return undefined;
    }
    if (next.start.length === 0) memory.podsMadeAt ??= now;
    const dueAt = this.statusDueAt(object, context, next, now);
    const isDue = dueAt !== undefined && dueAt <= now;
    await carryOut(cluster, context, {
      plan: next,
      coordinatorAttempt: coordinatorAttempt(children, next, object),
      doomed: podsOf(pods, [...next.stop, ...next.remove]),
      givenUp: podsOf(pods, next.kill),
      writeStatus: async () => {
        if (!isDue) return;
        await writeStatus(cluster.resources.jobs, object, next.status, memory, cluster.clock());
        observer.statusWritten(context, object, next, cluster.clock());
      },
    });
    memory.podsMadeAt ??= cluster.clock();
    observer.carriedOut(context, children, next, cluster.clock());
    const renewAt = next.support ? await renewCertificates(cluster, context, liveRanks(children)) : undefined;
    // A new obstacle, or one that went, is told to the user at once.
    if (!isSameList(met, memory.obstacles.current())) return cluster.clock();
    const isUnconfirmed = memory.pods.unconfirmed(cluster.clock()).length > 0;
    return earliest([
      next.nextLookAt,
      memory.obstacles.nextRetryAt(),
      isDue ? undefined : this.statusDueAt(object, context, next, now),
      renewAt,
      isUnconfirmed ? new Date(now.getTime() + CONFIRM_AFTER_MS) : undefined,
    ]);
  }

  private statusDueAt(
    { status }: JobObject,
    { key, memory }: JobContext,
    { statusChange }: Plan,
    now: Date,
  ): Date | undefined {
    const change = wasInvalid(status) ? 'facts' : statusChange;
    if (change === 'start') this.starting.add(key);
    else this.starting.delete(key);
    return statusDueAt(change, memory, this.starting.size, now);
  }

  private planOf(
    { metadata, status }: JobObject,
    { key, job, memory }: JobContext,
    children: readonly WorkerChild[],
    now: Date,
  ): Plan {
    const known = this.options.progress.of(key, memory.uid);
    return plan(
      {
        job,
        ...(metadata.generation !== undefined && { generation: metadata.generation }),
        ...(status !== undefined && { status }),
        ...(known !== undefined && { progress: known }),
        obstacles: memory.obstacles.current(),
        causeWaitMs: CAUSE_WAIT_MS,
      },
      children,
      now,
    );
  }

  /** Nothing of it is made or taken away: its pods, if it has any, train on. */
  private async lookAtInvalid(object: JobObject, message: string, memory: JobMemory): Promise<undefined> {
    const { cluster } = this.options;
    const now = cluster.clock();
    const status = statusOfInvalid(object.status, message, object.metadata.generation ?? 0, now);
    await writeStatus(cluster.resources.jobs, object, status, memory, now);
  }

  private async deleteJob({ metadata: { namespace = '', name, uid } }: JobObject): Promise<void> {
    await this.options.cluster.resources.jobs.delete(namespace, name, uid === undefined ? {} : { uid });
  }
}

function readOnce(object: JobObject, memory: JobMemory): ReadJob {
  const { generation } = object.metadata;
  if (memory.read === undefined || memory.read.generation !== generation) {
    memory.read = { generation, result: readJob(object) };
  }
  return memory.read.result;
}

function coordinatorAttempt(children: readonly WorkerChild[], next: Plan, { status }: JobObject): number {
  const started = next.start.find(({ rank }) => rank === 0)?.attempt;
  const stored = status?.ranks?.find(({ rank }) => rank === 0)?.attempt;
  return started ?? newestAttempts(children).get(0)?.attempt ?? stored ?? 1;
}

function liveRanks(children: readonly WorkerChild[]): readonly number[] {
  return [...new Set(children.filter(isPresent).map(({ rank }) => rank))];
}

function podsOf(pods: readonly Pod[], workers: readonly WorkerIdentity[]): readonly Pod[] {
  if (workers.length === 0) return [];
  const wanted = new Set(workers.map(nameOf));
  return pods.filter(({ metadata }) => {
    const worker = workerOf(metadata.labels);
    return worker !== undefined && wanted.has(nameOf(worker));
  });
}

function nameOf({ rank, attempt }: WorkerIdentity): string {
  return `${rank}/${attempt}`;
}

function isSameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
