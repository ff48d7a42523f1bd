import { withFirstFrame } from '../operator/local/first-frame.ts';
import type { RunResult } from '../operator/local/run-result.ts';
import { bytesText, lossText, percentText, throughputText } from '../operator/plan/figures.ts';
import type { GradientBytes } from '../operator/plan/progress.ts';
import { ratioText, sumOf } from './bytes-ratio.ts';
import { textTable } from './text-table.ts';

/** The end of a run for humans: one figure per line, and only figures that are known. */
export function resultTable(jobName: string, result: RunResult): string {
  const { phase, reason, message, steps, epochs, loss, testAccuracy, samplesPerSecond, backend, workers } =
    result;
  const head =
    phase === 'Succeeded'
      ? `${jobName}: Succeeded`
      : `${jobName}: Failed (${reason})\n  ${withFirstFrame(message)}`;
  const rows = [
    ['steps', steps > 0 ? `${steps} (${epochs.toFixed(2)} epochs)` : ''],
    ['loss', loss === null ? '' : lossText(loss)],
    ['test accuracy', testAccuracy === null ? '' : percentText(testAccuracy)],
    ['throughput', samplesPerSecond === null ? '' : throughputText(samplesPerSecond)],
    ['time per step', stepText(result)],
    ['workers', backend === null ? String(workers) : `${workers}, backend ${backend}`],
    ['gradients', result.codecReason ?? ''],
    ['weights', weightsText(result.weightsHashes)],
  ];
  const known = rows
    .filter(([, text]) => text !== '')
    .map(([label = '', text = '']) => `  ${label.padEnd(15)}${text}`);
  return `${[head, ...known, ...bytesLines(result)].join('\n')}\n`;
}

/** The phases overlap, so they do not add up to the whole. */
function stepText({ stepMs }: RunResult): string {
  if (stepMs === null || stepMs === undefined) return '';
  const phases = (['compute', 'encode', 'barrier', 'push', 'pull', 'apply'] as const).map(
    (phase) => `${phase} ${stepMs[phase].toFixed(1)}`,
  );
  return `${stepMs.total.toFixed(1)} ms (${phases.join(', ')}; phases overlap)`;
}

function bytesLines({ bytes, compressionRatio }: RunResult): readonly string[] {
  if (compressionRatio === null) return [];
  const table = textTable(
    ['gradient bytes', 'as float32', 'sent', 'saved', 'vs float32', 'vs float16'],
    [bytesRow('push', bytes.push), bytesRow('pull', bytes.pull), bytesRow('together', sumOf(bytes))],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  );
  return ['', ...table.split('\n').map((line) => `  ${line}`)];
}

function bytesRow(label: string, { raw, wire }: GradientBytes): readonly string[] {
  return [
    label,
    bytesText(raw),
    bytesText(wire),
    bytesText(raw - wire),
    ratioText({ raw, wire }, 1),
    ratioText({ raw, wire }, 2),
  ];
}

function weightsText(hashes: RunResult['weightsHashes']): string {
  const known = hashes.filter((hash) => hash !== null);
  const [first] = known;
  if (first === undefined) return '';
  if (known.some((hash) => hash !== first)) return `DIFFER between workers: ${known.map(short).join(', ')}`;
  if (hashes.length === 1) return `sha256 ${short(first)}`;
  const whose =
    known.length === hashes.length ? `all ${hashes.length}` : `${known.length} of ${hashes.length}`;
  return `identical on ${whose} workers, sha256 ${short(first)}`;
}

function short(hash: string): string {
  return hash.slice(0, 16);
}
