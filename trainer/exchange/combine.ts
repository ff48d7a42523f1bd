import { PeerFaultError, ReplicaMismatchError } from './errors.ts';
import type { ExchangeError, RankHash } from './errors.ts';
import type { BarrierOutcome } from './exchange.ts';
import type { ReceivedContribution } from './barrier-messages.ts';

/** One member's contribution with who it is; in member order. */
export interface RankContribution {
  readonly rank: number;
  readonly contribution: ReceivedContribution;
}

/**
 * What a barrier of all members comes to: the outcome that everyone gets, or the error that everyone throws.
 * Pure, and the same whatever order the contributions came in.
 *
 * @param selfRank the rank that throws the error.
 */
export function combine(
  parts: readonly RankContribution[],
  scaler: 'shared' | 'local',
  selfRank: number,
): BarrierOutcome | ExchangeError {
  const [first] = parts;
  if (first === undefined) throw new RangeError('a barrier has at least one member');
  const { step } = first.contribution;
  for (const part of parts) {
    const fault = faultOf(part, first, selfRank);
    if (fault !== undefined) return fault;
  }
  const hashes = parts.map(({ rank, contribution }) => ({ rank, hash: contribution.stateHash }));
  if (hashes.some(({ hash }) => hash !== first.contribution.stateHash)) {
    return new ReplicaMismatchError(step, hashes, minorityOf(hashes));
  }
  let samples = 0;
  let lossSum = 0;
  for (const { contribution } of parts) {
    samples += contribution.samples;
    // A member without samples in a short last batch has no loss to speak of.
    if (contribution.samples > 0) lossSum += contribution.loss * contribution.samples;
  }
  return {
    step,
    scalers: scaler === 'shared' ? maximum(parts) : rows(parts),
    meanLoss: samples === 0 ? 0 : lossSum / samples,
    samples,
    ends: parts.some(({ contribution }) => contribution.leaving),
    sums: elementwise(
      parts.map(({ contribution }) => contribution.sums ?? []),
      (a, b) => a + b,
    ),
    maxima: elementwise(
      parts.map(({ contribution }) => contribution.maxima ?? []),
      (a, b) => Math.max(a, b),
    ),
  };
}

/** Why this contribution alone already ends the step; also looked at before all are in. */
export function faultOf(
  part: RankContribution,
  first: RankContribution,
  selfRank: number,
): PeerFaultError | undefined {
  const { rank, contribution } = part;
  const { step, fault } = contribution;
  if (fault !== undefined) return new PeerFaultError({ rank, step, ...fault }, selfRank);
  if (step !== first.contribution.step) {
    const message = `it is at step ${step} while rank ${first.rank} is at step ${first.contribution.step}`;
    return new PeerFaultError({ rank, reason: 'internal', step, message }, selfRank);
  }
  if (contribution.scalers.length !== first.contribution.scalers.length) {
    const message = `it sent ${contribution.scalers.length} scalers while rank ${first.rank} sent ${first.contribution.scalers.length}`;
    return new PeerFaultError({ rank, reason: 'internal', step, message }, selfRank);
  }
  const unit = contribution.scalers.findIndex((value) => !(value >= 0 && value < Infinity));
  if (unit >= 0) {
    const message = `the scaler of unit ${unit} is ${contribution.scalers[unit]}`;
    return new PeerFaultError({ rank, reason: 'non-finite', step, message }, selfRank);
  }
  if (contribution.samples > 0 && !Number.isFinite(contribution.loss)) {
    const message = `the loss is ${contribution.loss}`;
    return new PeerFaultError({ rank, reason: 'non-finite', step, message }, selfRank);
  }
  return undefined;
}

/** The ranks whose hash is not the one that more than half of all share; none when no hash has that many. */
export function minorityOf(hashes: readonly RankHash[]): number[] {
  const counts = new Map<string, number>();
  for (const { hash } of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  for (const [majority, count] of counts) {
    if (count * 2 > hashes.length)
      return hashes.filter(({ hash }) => hash !== majority).map(({ rank }) => rank);
  }
  return [];
}

/** Members without figures leave the others' as they are. */
function elementwise(
  rowsOfFigures: readonly (readonly number[])[],
  fold: (a: number, b: number) => number,
): number[] {
  const length = Math.max(...rowsOfFigures.map((figures) => figures.length));
  return Array.from({ length }, (_, column) =>
    rowsOfFigures
      .map((figures) => figures[column])
      .filter((figure) => figure !== undefined)
      .reduce(fold),
  );
}

function maximum(parts: readonly RankContribution[]): Float32Array {
  const result = new Float32Array(parts[0]?.contribution.scalers.length ?? 0);
  for (const { contribution } of parts) {
    for (let unit = 0; unit < result.length; unit++) {
      result[unit] = Math.max(result[unit] ?? 0, contribution.scalers[unit] ?? 0);
    }
  }
  return result;
}

function rows(parts: readonly RankContribution[]): Float32Array {
  const units = parts[0]?.contribution.scalers.length ?? 0;
  const result = new Float32Array(units * parts.length);
  parts.forEach(({ contribution }, member) => result.set(contribution.scalers, member * units));
  return result;
}
