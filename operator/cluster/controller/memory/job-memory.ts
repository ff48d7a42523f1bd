import type { JobStatus } from '../../../../crds/status.ts';
import type { KubeObject } from '../../api/types.ts';
import type { SpecifiedChild } from '../specified-child.ts';
import type { JobObject } from '../job-object.ts';
import type { Pod } from '../observe/pod.ts';
import type { SetUp } from '../observe/set-up.ts';
import type { ReadJob } from '../read-job.ts';
import { Obstacles } from './obstacles.ts';
import { OwnWrites } from './own-writes.ts';

const SECRET_CHECK_MS = 10 * 60_000;

/**
 * What is remembered of one job between two looks. Nothing here decides what is right: after a restart all of it is
 * found out again, at the price of a few reads.
 */
export class JobMemory {
  readonly uid: string;
  /** When this process first saw the job; delays count from here. */
  readonly firstSeenAt: Date;
  /** It had no status then, and has not run since: the delays of its start are its own, not those of a restart. */
  isNew: boolean;
  /** When a look of this process was first through with the making of pods. */
  podsMadeAt: Date | undefined;
  readonly jobs = new OwnWrites<JobObject>();
  readonly pods = new OwnWrites<Pod>();
  readonly services = new OwnWrites<SpecifiedChild>();
  readonly networkPolicies = new OwnWrites<SpecifiedChild>();
  readonly obstacles = new Obstacles();
  /** When the Secret of a block of ranks is to be looked at again. Absent: this process has not seen it yet. */
  readonly secretDueAt = new Map<number, Date>();
  /** When to look at Secrets that this process has not made; spread, as after a restart that is all of them. */
  secretCheckAt: Date;
  statusWrittenAt: Date | undefined;
  /** What was written last, and the resourceVersion that it led to. */
  lastStatus: { readonly status: JobStatus; readonly resourceVersion: string | undefined } | undefined;
  /** The spec of a generation never changes, so it is checked once. */
  read: { readonly generation: number | undefined; readonly result: ReadJob } | undefined;
  /** What the kubelet's events said of pods that are being set up for long, by UID of the pod. */
  readonly setUps = new Map<string, SetUp>();
  /** When this process first saw that a worker had ended, by UID of the pod. */
  readonly endSeenAt = new Map<string, Date>();

  constructor({ metadata, status }: JobObject, firstSeenAt: Date) {
    this.uid = metadata.uid ?? '';
    this.isNew = status === undefined;
    this.firstSeenAt = firstSeenAt;
    this.secretCheckAt = soonAfter(firstSeenAt);
  }

  /** The authorities have changed: every Secret is due. */
  authoritiesChanged(now: Date): void {
    this.secretDueAt.clear();
    this.secretCheckAt = soonAfter(now);
  }

  /** The watch showed the end of a worker; only the first time counts. */
  endSeen(podUid: string, now: Date): void {
    if (!this.endSeenAt.has(podUid)) this.endSeenAt.set(podUid, now);
  }

  /** The watch showed that a child is gone. */
  childGone(plural: string, child: KubeObject): void {
    if (plural === 'pods') this.pods.recordGone(child);
    if (plural === 'pods') this.endSeenAt.delete(child.metadata.uid ?? '');
    if (plural === 'services') this.services.recordGone(child);
    if (plural === 'networkpolicies') this.networkPolicies.recordGone(child);
  }
}

/** Within ten minutes, and not all jobs at once. */
function soonAfter(date: Date): Date {
  return new Date(date.getTime() + SECRET_CHECK_MS * (0.5 + 0.5 * Math.random()));
}
