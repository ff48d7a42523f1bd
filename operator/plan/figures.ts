import type { StatusSummary } from '../../crds/status.ts';
import type { GradientBytes, JobProgress } from './progress.ts';
import { completedFraction, remainingMs } from './progress.ts';

/** The columns of `kubectl get tgj` and of the live line: text for humans, never parsed. */
export function summaryOf(
  readyCount: number,
  wantedCount: number,
  progress: JobProgress | undefined,
): StatusSummary {
  const workers = `${readyCount}/${wantedCount}`;
  if (progress === undefined) return { workers };
  const { step, totalSteps, loss, testAccuracy, samplesPerSecond, bytes } = progress;
  const leftMs = remainingMs(progress);
  return {
    workers,
    step: `${step}/${totalSteps}`,
    progress: `${Math.floor(completedFraction(progress) * 100)}%`,
    ...(leftMs !== undefined && { eta: durationText(leftMs) }),
    ...(loss !== undefined && { loss: lossText(loss) }),
    ...(testAccuracy !== undefined && { accuracy: percentText(testAccuracy) }),
    ...(samplesPerSecond !== undefined && { throughput: throughputText(samplesPerSecond) }),
    ...(bytes !== undefined && bytes.raw > bytes.wire && { saved: savedText(bytes) }),
  };
}

function savedText({ raw, wire }: GradientBytes): string {
  return `${percentText((raw - wire) / raw)} (${bytesText(raw - wire)})`;
}

export function lossText(loss: number): string {
  return loss !== 0 && Math.abs(loss) < 0.001 ? loss.toExponential(2) : loss.toFixed(4);
}

export function percentText(fraction: number): string {
  return `${(fraction * 100).toFixed(1)}%`;
}

export function throughputText(samplesPerSecond: number): string {
  return `${samplesPerSecond < 10 ? samplesPerSecond.toFixed(1) : Math.round(samplesPerSecond)} samples/s`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as network rates have them. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 && value > -10 ? 2 : 1)} ${byteUnits[unit]}`;
}

/** Two units are enough: `48s`, `1m20s`, `3h05m`. */
export function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${pad(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
