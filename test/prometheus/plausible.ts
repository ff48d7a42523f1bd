import { work } from './busy-operator.ts';

/** What a panel may show in this test: the bounds of every one of its values, in its unit. */
export interface Plausible {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

const range = (unit: string, min: number, max: number): Plausible => ({ unit, min, max });

/** Bounds of the test's job, wide enough for a slow or busy computer, and narrow enough to tell ms from s. */
export const plausibleOfJob: Readonly<Record<string, Plausible>> = {
  'Training loss': range('short', 0, 5),
  'Test accuracy': range('percentunit', 0.05, 1),
  'Test loss': range('short', 0, 5),
  Throughput: range('suffix: samples/s', 50, 200_000),
  'Steps per second': range('suffix: steps/s', 1, 3_000),
  'Since the last step': range('s', 0, 5),
  'Step by phase': range('s', 1e-6, 0.5),
  'Phases, 95th percentile': range('s', 1e-5, 1),
  'Gradient traffic': range('Bps', 1e4, 1e10),
  'All traffic of the exchange': range('Bps', 1e4, 1e10),
  'Bytes saved': range('bytes', 1e6, 1e13),
  'Share saved': range('percentunit', 0.5, 0.95),
  Compression: range('suffix: x', 2, 20),
  'Compute time by rank': range('s', 1e-5, 0.5),
  'Straggling by rank': range('suffix: x', 0.3, 3),
  'Waiting at the barrier by rank': range('percentunit', 0, 1),
  'Memory by rank': range('bytes', 3e7, 4e9),
  'Cores used by rank': range('suffix: cores', 0.02, 16),
  'NaN or infinite': range('short', 0, 0),
};

const secondsOf = (ms: number): number => ms / 1000;
/** A histogram's quantile is as exact as its buckets. */
const aroundMs = (ms: number): Plausible => range('s', secondsOf(ms) / 2.5, secondsOf(ms) * 2.5);
const rate = (perSecond: number, unit = 'ops'): Plausible => range(unit, perSecond / 3, perSecond * 1.5);

/** The stand-in's work is known, so its bounds are near. Where a series is of the failures alone, from there. */
export const plausibleOfOperator: Readonly<Record<string, Plausible>> = {
  'Jobs by state': range('short', 1, work.jobs),
  'Jobs by namespace': range('short', 1, work.jobs),
  'Workers replaced': range('short', 1, 1000),
  'Job seen to pods existing': aroundMs(work.podsCreatedMs),
  'Job seen to all workers running': aroundMs(work.runningMs),
  'Worker ended to replacement existing': aroundMs(work.replacedMs),
  'Looks at jobs': range('ops', 0, work.reconcilesPerSecond * 1.5),
  'Failed looks': range('percentunit', 0.5 / work.failEvery, 2 / work.failEvery),
  'Duration of a look': aroundMs(work.reconcileMs),
  Queue: range('short', 0, 2),
  'Wait in the queue': aroundMs(work.waitMs),
  'Added and retried': range(
    'ops',
    work.reconcilesPerSecond / work.failEvery / 4,
    work.reconcilesPerSecond * 1.5,
  ),
  'Calls by method': rate(work.reconcilesPerSecond, 'reqps'),
  'Calls by answer': range(
    'reqps',
    work.reconcilesPerSecond / work.failEvery / 4,
    work.reconcilesPerSecond * 1.5,
  ),
  'Watches begun anew': range('short', 0, 1000),
  Leader: range('short', 1, 1),
  Memory: range('bytes', 3e7, 4e9),
  'Event loop delay': range('s', 1e-4, 1),
};
