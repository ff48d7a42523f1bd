import type { RunResult } from '../../operator/local/run-result.ts';
import { bytesText, lossText, percentText, throughputText } from '../../operator/plan/figures.ts';
import { ratioText, sumOf } from '../bytes-ratio.ts';
import { textTable } from '../text-table.ts';

export interface DemoRun {
  readonly label: string;
  readonly result: RunResult;
  /** From the start of the command's workers to their end, loading included. */
  readonly wallSeconds: number;
}

type Row = readonly [label: string, text: (run: DemoRun) => string];

const rows: readonly Row[] = [
  ['test accuracy', ({ result }) => orDash(result.testAccuracy, percentText)],
  ['loss', ({ result }) => orDash(result.loss, lossText)],
  ['steps', ({ result }) => String(result.steps)],
  ['time', ({ wallSeconds }) => `${wallSeconds.toFixed(1)} s`],
  ['throughput', ({ result }) => orDash(result.samplesPerSecond, throughputText)],
  ['time per step', ({ result }) => orDash(result.stepMs?.total ?? null, (ms) => `${ms.toFixed(1)} ms`)],
  ['push: as float32', ({ result }) => bytesText(result.bytes.push.raw)],
  ['push: sent', ({ result }) => bytesText(result.bytes.push.wire)],
  ['pull: as float32', ({ result }) => bytesText(result.bytes.pull.raw)],
  ['pull: sent', ({ result }) => bytesText(result.bytes.pull.wire)],
  ['fewer bytes than float32', ({ result }) => ratioText(sumOf(result.bytes), 1)],
  ['fewer bytes than float16', ({ result }) => ratioText(sumOf(result.bytes), 2)],
  ['weights of the workers', ({ result }) => sameText(result.weightsHashes)],
];

/** Runs of one job side by side, a column each. */
export function comparison(runs: readonly DemoRun[]): string {
  return textTable(
    ['', ...runs.map(({ label }) => label)],
    rows.map(([label, text]) => [label, ...runs.map((run) => text(run))]),
    ['left', ...runs.map(() => 'right' as const)],
  );
}

function orDash(value: number | null, text: (value: number) => string): string {
  return value === null ? '-' : text(value);
}

function sameText(hashes: RunResult['weightsHashes']): string {
  const [first] = hashes;
  if (first === undefined || first === null) return '-';
  return hashes.every((hash) => hash === first) ? 'identical' : 'DIFFERENT';
}
