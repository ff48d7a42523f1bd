import type { JobEvent } from '../plan/events.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { JobProgress } from '../plan/progress.ts';

/** Told of a run as it happens, for a display. Must not throw. */
export interface RunObserver {
  onFolder?(path: string): void;
  /** One line that a worker printed. */
  onLine?(rank: number, line: string): void;
  onEvent?(event: JobEvent): void;
  onProgress?(progress: JobProgress, status: JobStatus): void;
}

/** How the caller ends a run early. */
export interface RunSignals {
  /** Asks the workers to stop and kills them after the grace. Its reason, a string, is shown as the cause. */
  readonly stop: AbortSignal;
  /** Kills the workers now. */
  readonly kill: AbortSignal;
}
