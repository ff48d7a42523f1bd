import type { JobStatus } from '../../../../crds/status.ts';
import type { JobProgress } from '../../../plan/progress.ts';
import type { WorkerChild } from '../../../plan/worker-child.ts';
import { identityOf, isPresent, newestAttempts } from '../../../plan/worker-child.ts';
import type { JobContext } from '../job-context.ts';
import type { JobProgressSource } from './job-progress-source.ts';
import type { Advance, ProgressBook } from './progress-book.ts';
import { rank0Address } from './rank0.ts';

/** Follows rank 0 of a job while it runs, and tells it the wanted size and the newest attempts. */
export class FollowedProgress implements JobProgressSource {
  private readonly book: ProgressBook;

  constructor(book: ProgressBook) {
    this.book = book;
  }

  of(key: string, jobUid: string): JobProgress | undefined {
    return this.book.of(key, jobUid);
  }

  update(
    { key, job, pods }: JobContext,
    children: readonly WorkerChild[],
    status: JobStatus | undefined,
  ): void {
    const address = status?.completionTime === undefined ? rank0Address(pods) : undefined;
    if (address === undefined) {
      this.book.unfollow(key);
      return;
    }
    const { namespace, uid: jobUid } = job.metadata;
    const attempts = [...newestAttempts(children).values()].filter(isPresent).map(identityOf);
    this.book.follow(
      key,
      { namespace, jobUid, address, encrypted: job.spec.tls.enabled },
      { wantedSize: job.spec.workers.replicas, attempts },
      storedAdvance(status),
    );
  }

  forget(key: string): void {
    this.book.forget(key);
  }
}

function storedAdvance(status: JobStatus | undefined): Advance | undefined {
  const { step, lastProgressTime } = status ?? {};
  if (step === undefined || lastProgressTime === undefined) return undefined;
  return { step, advancedAt: new Date(lastProgressTime) };
}
