import type { AskProgress } from '../../../local/progress-poller.ts';
import { pollProgress } from '../../../local/progress-poller.ts';
import type { JobProgress } from '../../../plan/progress.ts';
import type { ProgressRequest } from '../../../../trainer/wire/progress.ts';

/** Where rank 0 of a job answers. Another address or UID is another connection. */
export interface ProgressTarget {
  readonly namespace: string;
  readonly jobUid: string;
  /** `host:port` of the newest attempt of rank 0. */
  readonly address: string;
  readonly encrypted: boolean;
}

export interface ProgressConnection {
  readonly ask: AskProgress;
  close(): void;
}

export interface ProgressBookOptions {
  /** Opens the way to rank 0; it may be opened before rank 0 listens. */
  readonly connect: (target: ProgressTarget) => ProgressConnection;
  readonly clock: () => Date;
  /** Called with the key of a job whose rank 0 has answered. */
  readonly onReport: (key: string) => void;
  readonly intervalMs: number;
}

/** A step, and when it was reached. */
export interface Advance {
  readonly step: number;
  readonly advancedAt: Date;
}

interface Followed {
  readonly target: ProgressTarget;
  request: ProgressRequest;
  readonly stored: Advance | undefined;
  readonly stop: AbortController;
}

const TIMEOUT_MS = 4_000;

/**
 * The last answer of rank 0 of every running job. Each job has its own connection and its own rhythm, so a rank 0 that
 * does not answer holds up nobody; not answering is normal, and training never waits for a question.
 */
export class ProgressBook {
  private readonly followed = new Map<string, Followed>();
  private readonly reports = new Map<string, { readonly jobUid: string; readonly progress: JobProgress }>();
  private readonly options: ProgressBookOptions;

  constructor(options: ProgressBookOptions) {
    this.options = options;
  }

  /**
   * Asks rank 0 from now on, and tells it `request` each time. Calling again only renews what is told.
   * @param stored the step that the status knows, so that a restart of the operator is not taken for progress.
   */
  follow(key: string, target: ProgressTarget, request: ProgressRequest, stored?: Advance): void {
    const known = this.followed.get(key);
    if (known !== undefined && isSame(known.target, target)) {
      known.request = request;
      return;
    }
    this.unfollow(key);
    if (this.reports.get(key)?.jobUid !== target.jobUid) this.reports.delete(key);
    const entry: Followed = { target, request, stored, stop: new AbortController() };
    this.followed.set(key, entry);
    void this.poll(key, entry);
  }

  /** Closes the connection; the last answer is kept. */
  unfollow(key: string): void {
    this.followed.get(key)?.stop.abort();
    this.followed.delete(key);
  }

  forget(key: string): void {
    this.unfollow(key);
    this.reports.delete(key);
  }

  of(key: string, jobUid: string): JobProgress | undefined {
    const report = this.reports.get(key);
    return report?.jobUid === jobUid ? report.progress : undefined;
  }

  close(): void {
    for (const key of this.followed.keys()) this.unfollow(key);
  }

  private async poll(key: string, entry: Followed): Promise<void> {
    const { connect, clock, onReport, intervalMs } = this.options;
    const { jobUid } = entry.target;
    const connection = connect(entry.target);
    try {
      await pollProgress(
        {
          ask: connection.ask,
          request: () => entry.request,
          intervalMs,
          timeoutMs: TIMEOUT_MS,
          clock,
          onProgress: (report) => {
            if (entry.stop.signal.aborted) return;
            const last = this.of(key, jobUid) ?? entry.stored;
            const hasAdvanced = last === undefined || report.step > last.step;
            const progress = hasAdvanced ? report : { ...report, advancedAt: last.advancedAt };
            this.reports.set(key, { jobUid, progress });
            onReport(key);
          },
        },
        entry.stop.signal,
      );
    } finally {
      connection.close();
    }
  }
}

function isSame(one: ProgressTarget, other: ProgressTarget): boolean {
  return one.jobUid === other.jobUid && one.address === other.address && one.encrypted === other.encrypted;
}
