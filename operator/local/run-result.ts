import type { TerminationMessage } from '../../crds/termination-message.ts';
import { ExitCode } from '../../crds/exit-codes.ts';
import type { JobSpec } from '../../crds/job.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { WorkerChild } from '../plan/worker-child.ts';
import { newestAttempts } from '../plan/worker-child.ts';
import type { GradientBytes } from '../plan/progress.ts';

/** What `terngrad run --output json` prints. Every field is always there; null is what is not known. */
export interface RunResult {
  readonly phase: 'Succeeded' | 'Failed';
  readonly reason: string;
  readonly message: string;
  readonly steps: number;
  readonly epochs: number;
  readonly loss: number | null;
  readonly testAccuracy: number | null;
  /** All workers together. */
  readonly samplesPerSecond: number | null;
  /** Medians of rank 0. */
  readonly stepMs: TerminationMessage['stepMs'] | null;
  readonly backend: string | null;
  /** What gradients were sent as; of a job with `compression.codec: auto` what was chosen, null when nothing was yet. */
  readonly codec: 'ternary' | 'float16' | 'float32' | null;
  /** Why, in words, where it was chosen in this run. */
  readonly codecReason: string | null;
  readonly workers: number;
  /** Sums over all workers of what each sent. */
  readonly bytes: { readonly push: GradientBytes; readonly pull: GradientBytes };
  /** raw / wire over push and pull; null when nothing was sent (one worker). */
  readonly compressionRatio: number | null;
  /** By rank; equal on all ranks, or something is wrong. */
  readonly weightsHashes: readonly (string | null)[];
}

export interface FinishedRun {
  readonly result: RunResult;
  /** 0, or the code of the first cause. */
  readonly exitCode: number;
}

/** The figures of a finished run, out of what the workers left. */
export function finishedRun(
  status: JobStatus,
  children: readonly WorkerChild[],
  { workers, compression }: Pick<JobSpec, 'workers' | 'compression'>,
): FinishedRun {
  const wantedCount = workers.replicas;
  const newest = newestAttempts(children);
  const messages = Array.from({ length: wantedCount }, (_, rank) => newest.get(rank)?.message);
  const words = messages.filter((message) => message !== undefined);
  // Rank 0 may have died in the moment between the agreement on the final weights and its own end.
  const speaker = words.find(({ exitCode }) => exitCode === ExitCode.done) ?? words[0];
  const bytes = { push: sumBytes(messages, 'push'), pull: sumBytes(messages, 'pull') };
  const { cause } = status;
  const result: RunResult = {
    phase: cause === undefined ? 'Succeeded' : 'Failed',
    reason: cause?.reason ?? 'Completed',
    message: cause?.message ?? 'every member confirmed the final weights',
    steps: speaker?.steps ?? 0,
    epochs: speaker?.epochs ?? 0,
    loss: speaker?.loss ?? null,
    testAccuracy: speaker?.testAccuracy ?? null,
    samplesPerSecond: speaker?.samplesPerSecond ?? null,
    stepMs: speaker?.stepMs ?? null,
    backend: speaker?.backend ?? null,
    codec: compression.codec === 'auto' ? (speaker?.codec ?? null) : compression.codec,
    codecReason: words.find(({ codecReason }) => codecReason !== undefined)?.codecReason ?? null,
    workers: wantedCount,
    bytes,
    compressionRatio: compressionRatio(bytes),
    weightsHashes: messages.map((message) => message?.weightsHash ?? null),
  };
  return { result, exitCode: cause?.exitCode ?? ExitCode.done };
}

function sumBytes(
  messages: readonly (TerminationMessage | undefined)[],
  direction: 'push' | 'pull',
): GradientBytes {
  const counts = messages
    .map((message) => message?.bytes?.[direction])
    .filter((count) => count !== undefined);
  return {
    raw: counts.reduce((sum, { raw }) => sum + raw, 0),
    wire: counts.reduce((sum, { wire }) => sum + wire, 0),
  };
}

function compressionRatio({ push, pull }: RunResult['bytes']): number | null {
  const wire = push.wire + pull.wire;
  return wire === 0 ? null : (push.raw + pull.raw) / wire;
}
