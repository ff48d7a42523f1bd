import type { StatusSummary } from '../crds/status.ts';

/** `step 120/937 (12%)  loss 0.1234  accuracy 98.1%  1840 samples/s  saved 93.6% (12.4 MB)  ETA 1m20s` */
export function progressText(summary: StatusSummary): string {
  const { step, progress, loss, accuracy, throughput, saved, eta } = summary;
  if (step === undefined) return `workers ${summary.workers ?? '?'}`;
  const parts = [
    `step ${step} (${progress})`,
    loss && `loss ${loss}`,
    accuracy && `accuracy ${accuracy}`,
    throughput,
    saved && `saved ${saved}`,
    eta && `ETA ${eta}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('  ');
}
