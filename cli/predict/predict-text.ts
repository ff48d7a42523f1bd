import { rateText } from '../../trainer/predict/link.ts';
import type { PredictedStep } from '../../trainer/predict/predict-step.ts';
import { textTable } from '../text-table.ts';
import type { JobPrediction } from './predict-job.ts';
import type { PredictedRow } from './prediction.ts';

/** A prediction for humans. */
export function predictText(prediction: JobPrediction): string {
  const { job, parameters, backend, link, coresPerWorker, isEncrypted, rows } = prediction;
  const names = Object.keys(prediction.codings);
  const cores = coresPerWorker === 1 ? '1 core' : `${coresPerWorker} cores`;
  const blocks = [
    `${job}: ${parameters} parameters, backend ${backend}, ${isEncrypted ? 'mutual TLS' : 'no TLS'}\n` +
      `link ${rateText(link.bitsPerSecond)}, round trip ${link.roundTripMs} ms, ${cores} for each worker`,
    textTable(
      ['workers', ...names.map((name) => `${name} ms`), 'samples/s', 'vs float32', 'vs float16', 'bound by'],
      rows.map((row) => [
        String(row.workers),
        ...names.map((name) => stepText(row.steps[name])),
        ...summaryOf(row),
      ]),
      ['right', ...names.map(() => 'right' as const), 'right', 'right', 'right', 'left'],
    ),
    'A step in milliseconds; samples/s, the ratios and what bounds it are those of the fastest ternary coding.',
    ...verdicts(rows),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function stepText(step: PredictedStep | null | undefined): string {
  if (step === null || step === undefined) return '-';
  return step.totalMs < 100 ? step.totalMs.toFixed(1) : step.totalMs.toFixed(0);
}

function summaryOf({ steps, ternary, fastest }: PredictedRow): readonly string[] {
  const shown = steps[ternary?.coding ?? fastest];
  return [
    shown?.samplesPerSecond.toFixed(0) ?? '-',
    ternary === null ? '-' : `${ternary.overFloat32.toFixed(2)}x`,
    ternary === null ? '-' : `${ternary.overFloat16.toFixed(2)}x`,
    shown?.bound ?? '-',
  ];
}

/** Where ternary stops to pay, for the fewest and for the most workers that exchange anything. */
function verdicts(rows: readonly PredictedRow[]): readonly string[] {
  const able = rows.filter(({ paysUpTo }) => paysUpTo !== null);
  const ends = [...new Set([able[0], able.at(-1)])].filter((row) => row !== undefined);
  const without = rows.filter(({ ternary }) => ternary === null).map(({ workers }) => workers);
  return [
    ...(ends.length === 0 ? [] : [ends.map(verdict).join('\n')]),
    ...(without.length === 0
      ? []
      : [
          `No ternary gradients for ${without.join(', ')} workers: their sums do not fit with 'scaler: shared'; ` +
            "'scaler: local' has no such bound.",
        ]),
  ];
}

function verdict({ workers, paysUpTo }: PredictedRow): string {
  if (paysUpTo === null) return '';
  switch (paysUpTo.kind) {
    case 'upTo':
      return `${workers} workers: ternary pays up to ${rateText(paysUpTo.bitsPerSecond)}; above, float16 is as fast.`;
    case 'everywhere':
      return `${workers} workers: ternary is faster than float16 on a link of any rate.`;
    case 'nowhere':
      return `${workers} workers: ternary does not pay on any link, float16 is as fast.`;
  }
}
