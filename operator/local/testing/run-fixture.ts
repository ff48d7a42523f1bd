import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProgressReport } from '../../../trainer/wire/progress.ts';
import type { ConnectProgress } from '../progress-connection.ts';
import type { LocalRunOptions } from '../run-locally.ts';
import type { RunSignals } from '../run-observer.ts';

/** What one rank of the fake worker does; see fake-worker.mjs. */
export interface Behaviour {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly runMs?: number;
  readonly silent?: boolean;
  readonly never?: boolean;
  readonly deaf?: boolean;
  readonly grandchild?: boolean;
  readonly hash?: string;
  readonly killedBy?: NodeJS.Signals;
  /** Of the attempts after the first. */
  readonly later?: Behaviour;
}

/** Node.js arguments that run the fake worker. */
export function fakeWorker(behaviours: Readonly<Record<number, Behaviour>> = {}): readonly string[] {
  return [fileURLToPath(new URL('./fake-worker.mjs', import.meta.url)), JSON.stringify(behaviours)];
}

export const someReport: ProgressReport = {
  step: 10,
  totalSteps: 40,
  epoch: 0.5,
  loss: 0.5,
  samplesPerSecond: 1800,
  stepMs: 34,
  bytes: { raw: 16_000, wire: 1_250 },
  ranks: [{ rank: 0, attempt: 1, step: 10, state: 'training' }],
  suspects: [],
  stragglers: [],
};

/** Rank 0 answers every poll with the same report. */
export const answering: ConnectProgress = () => ({
  ask: () => Promise.resolve(someReport),
  close: () => undefined,
});

/** Rank 0 never answers. */
export const unanswering: ConnectProgress = () => ({
  ask: () => Promise.reject(new Error('nobody listens')),
  close: () => undefined,
});

export function runOptions(
  behaviours: Readonly<Record<number, Behaviour>> = {},
  change: Partial<LocalRunOptions> = {},
): LocalRunOptions {
  return {
    workerArguments: fakeWorker(behaviours),
    baseDirectory: '.',
    logLevel: 'info',
    pollIntervalMs: 20,
    graceMs: 300,
    connect: unanswering,
    ...change,
  };
}

/** Signals that never fire. */
export function untouched(): RunSignals {
  return { stop: new AbortController().signal, kill: new AbortController().signal };
}

/** A killed process whose parent has not asked for its end yet (state Z) is as dead as one that is gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
