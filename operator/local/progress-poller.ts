import type { ProgressReport, ProgressRequest } from '../../trainer/wire/progress.ts';
import type { JobProgress } from '../plan/progress.ts';

/** Asks rank 0; rejects while it cannot answer. */
export type AskProgress = (request: ProgressRequest) => Promise<ProgressReport>;

export interface PollerOptions {
  readonly ask: AskProgress;
  /** What rank 0 is told with every poll. */
  readonly request: () => ProgressRequest;
  readonly intervalMs: number;
  /** A poll without an answer for this long is given up. */
  readonly timeoutMs: number;
  readonly clock: () => Date;
  readonly onProgress: (progress: JobProgress) => void;
}

/**
 * Polls until `signal` aborts, then resolves. Rank 0 does not answer before the workers have met, nor after its end:
 * both are normal, and training never waits for a poll, so a failed one is simply asked again.
 */
export async function pollProgress(options: PollerOptions, signal: AbortSignal): Promise<void> {
  const { ask, request, intervalMs, timeoutMs, clock, onProgress } = options;
  let last: JobProgress | undefined;
  while (!signal.aborted) {
    try {
      const report = await untilAborted(
        ask(request()),
        AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      );
      last = withAdvance(report, last, clock());
      onProgress(last);
    } catch {
      // See above: the next poll asks again.
    }
    await pause(intervalMs, signal);
  }
}

function withAdvance(report: ProgressReport, last: JobProgress | undefined, now: Date): JobProgress {
  const advanced = last === undefined || report.step > last.step;
  // Rank 0's clock may be wrong, so nothing is made of its time. After another step it is another wait: each change of
  // the membership makes all wait for each other.
  const waitedFor = advanced ? [] : last.suspects;
  const suspects = report.suspects.map(({ rank, attempt, reason }) => {
    const known = waitedFor.find((one) => one.rank === rank && one.attempt === attempt);
    return { rank, attempt, reason, since: known?.since ?? now, heardAt: now };
  });
  const stragglers = report.stragglers.map(({ rank, attempt, slowdown }) => {
    const known = last?.stragglers.find((one) => one.rank === rank && one.attempt === attempt);
    return { rank, attempt, slowdown, since: known?.since ?? now };
  });
  return { ...report, suspects, stragglers, advancedAt: advanced ? now : last.advancedAt };
}

function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
    answer.then(resolve, reject);
  });
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done);
  });
}
