import type { RankStatus } from '../../crds/status.ts';
import { workersText } from './blocked.ts';
import type { Storage } from './manifests/checkpoint-storage.ts';
import type { Suspect } from './progress.ts';

export interface WaitFacts {
  /** The last confirmed step. */
  readonly step: number;
  readonly wantedCount: number;
  /** Ranks that do not run. */
  readonly absent: readonly number[];
  /** Members that run, as far as anybody can see, and that rank 0 waits for. */
  readonly suspects: readonly Suspect[];
  /** Entries of the wanted ranks. */
  readonly records: readonly RankStatus[];
  readonly storage: Storage;
}

/** For whom the workers that are left wait, since when, and what becomes of what was trained so far. */
export function waitText(facts: WaitFacts): string {
  const { step, wantedCount, absent, storage } = facts;
  if (absent.length >= wantedCount) {
    const from = storage === 'durable' ? 'from the newest checkpoint, if there is one' : 'from the beginning';
    return `no worker is left that has the state after step ${step}; training goes on ${from}`;
  }
  return `the workers that are left keep the state after step ${step} and wait for ${whom(facts)}`;
}

function whom({ absent, suspects, records }: WaitFacts): string {
  const present = suspects.filter(({ rank }) => !absent.includes(rank));
  const ranks = [...absent, ...present.map(({ rank }) => rank)].toSorted((a, b) => a - b);
  if (ranks.length === 0) return 'each other to meet again';
  const [since] = [
    ...present.map((suspect) => suspect.since.toISOString()),
    ...records.flatMap(({ rank, failedTime }) =>
      failedTime !== undefined && absent.includes(rank) ? [failedTime] : [],
    ),
  ].toSorted();
  const [first] = present;
  return [
    workersText(ranks),
    since === undefined ? '' : ` since ${since}`,
    first === undefined ? '' : ` (${first.reason})`,
  ].join('');
}
