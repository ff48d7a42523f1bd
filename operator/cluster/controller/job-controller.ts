import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Certificates } from '../../pki/cluster/certificates.ts';
import type { OperatorMetrics } from '../../metrics/operator-metrics.ts';
import type { KubeObject, WatchableApiServer } from '../api/types.ts';
import type { EventRecorder } from '../events/recorder.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { createWorkQueue } from '../queue/work-queue.ts';
import type { Change } from '../watch/change.ts';
import { RankSecrets } from './carry-out/rank-secrets.ts';
import type { ChildSettings } from './job-context.ts';
import { jobKeyOf } from './job-keys.ts';
import type { JobObject } from './job-object.ts';
import { events, jobs, networkPolicies, pods, secrets, services } from './kinds.ts';
import { createLookObserver } from './look-observer.ts';
import { JobMemories } from './memory/job-memories.ts';
import { keyOf } from './memory/own-writes.ts';
import { Warnings } from './observe/warnings.ts';
import { hasEnded } from './observe/worker-child.ts';
import { connectToRank0 } from './progress/connect.ts';
import { FollowedProgress } from './progress/job-progress.ts';
import { ProgressBook } from './progress/progress-book.ts';
import { Reconciler } from './reconciler.ts';
import type { Watches } from './watches.ts';
import { createWatches } from './watches.ts';
import { gateWrites } from './write-gate.ts';

export interface JobControllerOptions {
  readonly api: WatchableApiServer;
  /** Asked before every write. */
  readonly mayWrite: () => boolean;
  readonly settings: ChildSettings;
  /** Where jobs are looked for. */
  readonly namespaces: readonly string[] | 'all';
  /** The operator's own, where the authority is kept. */
  readonly ownNamespace: string;
  /** Jobs worked on at once. */
  readonly concurrency: number;
  readonly recorder: EventRecorder;
  readonly metrics: OperatorMetrics;
  readonly log: Logger;
  readonly clock?: () => Date;
}

const PROGRESS_EVERY_MS = 5_000;
const AUTHORITY_EVERY_MS = 3600_000;
const MAX_LOOK_MS = 10 * 60_000;
const AUTHORITY_RETRY_MS = 5_000;
/** Children change in bursts: a look at each change would cost more than it tells. 1 ms per two pods, within these bounds. */
const MIN_BURST_MS = 100;
const MAX_BURST_MS = 250;
/** Of a small job no end waits for the end of a burst. */
const SMALL_JOB_PODS = 50;

/** Watches all jobs, and while it leads looks at each whenever something of it has changed or is due. */
export class JobController {
  readonly watches: Watches;
  private readonly options: JobControllerOptions;
  private readonly clock: () => Date;
  private readonly queue: WorkQueue;
  /** Since when, in monotonic milliseconds, by key. */
  private readonly looking = new Map<string, number>();
  private readonly memories = new JobMemories();
  private readonly certificates: Certificates;
  private readonly book: ProgressBook;
  private readonly reconciler: Reconciler;

  constructor(options: JobControllerOptions) {
    const { api, mayWrite, settings, namespaces, ownNamespace, concurrency, recorder, metrics, log } =
      options;
    this.options = options;
    this.clock = options.clock ?? (() => new Date());
    const { clock } = this;
    this.queue = createWorkQueue({ concurrency, observer: metrics.queue, log });
    this.watches = createWatches({
      api,
      namespaces,
      onJob: (change) => this.onJob(change),
      onChild: (plural, change) => this.onChild(plural, change),
      onRestart: (resource, reason) => metrics.api.watchRestarted(resource, reason),
      log,
    });
    const gated = gateWrites(api, mayWrite);
    this.certificates = new Certificates({
      secrets: gated.resource(secrets),
      namespace: ownNamespace,
      clock,
    });
    this.book = new ProgressBook({
      connect: (target) => connectToRank0(target, () => this.certificates.operator),
      clock,
      onReport: (key) => this.queue.add(key),
      intervalMs: PROGRESS_EVERY_MS,
    });
    this.reconciler = new Reconciler({
      cluster: {
        stores: this.watches.stores,
        resources: {
          jobs: gated.resource(jobs),
          pods: gated.resource(pods),
          services: gated.resource(services),
          networkPolicies: gated.resource(networkPolicies),
        },
        settings,
        rankSecrets: new RankSecrets(gated.resource(secrets), this.certificates),
        clock,
      },
      warnings: new Warnings(api.resource(events), clock),
      memories: this.memories,
      progress: new FollowedProgress(this.book),
      observer: createLookObserver(recorder, metrics.jobs),
    });
  }

  /** Works until `leading` aborts; then takes no further job, and resolves when nothing is under way any more. Once. */
  async lead(leading: AbortSignal): Promise<void> {
    try {
      await untilAborted(this.watches.synced, leading);
      await this.renewAuthority(leading);
      if (leading.aborted) return;
      for (const job of this.watches.stores.jobs.list()) this.queue.add(keyOf(job));
      await Promise.all([this.queue.run((key) => this.work(key), leading), this.keepAuthority(leading)]);
    } finally {
      this.book.close();
    }
  }

  /** A look that never ends, though every call of it has a deadline: only a restart helps. */
  sickness(): string | undefined {
    for (const [key, startedAtMs] of this.looking) {
      const lastsMs = performance.now() - startedAtMs;
      if (lastsMs > MAX_LOOK_MS) return `the work on ${key} lasts ${Math.round(lastsMs / 1000)} s`;
    }
    return undefined;
  }

  private async work(key: string): Promise<{ readonly lookAgainMs?: number }> {
    const { reconcile } = this.options.metrics;
    const startedAtMs = performance.now();
    this.looking.set(key, startedAtMs);
    const durationMs = (): number => performance.now() - startedAtMs;
    try {
      const again = await this.reconciler.look(key);
      reconcile.reconciled(again === undefined ? 'success' : 'requeue_after', durationMs());
      return again === undefined ? {} : { lookAgainMs: again.getTime() - this.clock().getTime() };
    } catch (error) {
      reconcile.reconciled('error', durationMs());
      throw error;
    } finally {
      this.looking.delete(key);
    }
  }

  private onJob({ type, object }: Change<JobObject>): void {
    const key = keyOf(object);
    if (type === 'added') this.memories.of(key, object, this.clock());
    if (type === 'deleted') this.jobGone(key, object);
    this.queue.add(key);
  }

  private jobGone(key: string, { metadata: { namespace = '' } }: JobObject): void {
    this.memories.forget(key);
    this.book.forget(key);
    const isLast = !this.watches.stores.jobs.list().some((job) => job.metadata.namespace === namespace);
    if (isLast) this.options.metrics.jobs.namespaceEmptied(namespace);
  }

  private onChild(plural: string, change: Change<KubeObject>): void {
    const key = jobKeyOf(change.object);
    if (key === undefined) return;
    const memory = this.memories.find(key);
    if (change.type === 'deleted') memory?.childGone(plural, change.object);
    const isEndOfPod = plural === pods.plural && hasEnded(change.object);
    if (isEndOfPod) memory?.endSeen(change.object.metadata.uid ?? '', this.clock());
    const count = memory === undefined ? 0 : this.watches.stores.pods.byIndex(memory.uid).length;
    const isUrgent = isEndOfPod || change.type === 'deleted';
    if (isUrgent && count <= SMALL_JOB_PODS) this.queue.add(key);
    else this.queue.addAfter(key, Math.min(MAX_BURST_MS, Math.max(MIN_BURST_MS, count / 2)));
  }

  /** Nothing can be started without the authority, so this goes on until it is there. */
  private async renewAuthority(leading: AbortSignal): Promise<void> {
    while (!leading.aborted) {
      try {
        await this.certificates.refresh();
        return;
      } catch (error) {
        this.options.log.error({ err: error }, 'the authority for certificates could not be read or made');
        await pause(AUTHORITY_RETRY_MS, undefined, { signal: leading }).catch(() => {});
      }
    }
  }

  private async keepAuthority(leading: AbortSignal): Promise<void> {
    for (;;) {
      await pause(AUTHORITY_EVERY_MS, undefined, { signal: leading }).catch(() => {});
      if (leading.aborted) return;
      try {
        if ((await this.certificates.refresh()) === 'same') continue;
        for (const [key, memory] of this.memories.all()) {
          memory.authoritiesChanged(this.clock());
          this.queue.add(key);
        }
      } catch (error) {
        this.options.log.error({ err: error }, 'the authority for certificates could not be renewed');
      }
    }
  }
}

/** Until the promise is over, or `signal` aborts. */
async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  try {
    await Promise.race([promise, once(signal, 'abort', { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
