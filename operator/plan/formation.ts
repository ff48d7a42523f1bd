import type { WorkersSpec } from '../../crds/workers.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { JobProgress } from './progress.ts';
import { trains } from './progress.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

/** `partly`: without some of the wanted workers, as an elastic job may. */
export type Formation = 'no' | 'partly' | 'wholly';

export interface FormationFacts {
  readonly ranks: readonly Rank[];
  readonly progress: JobProgress | undefined;
  readonly previous: JobStatus | undefined;
  readonly elastic: WorkersSpec['elastic'];
}

/** Wanted ranks whose newest worker does not run (yet). One that succeeded is not waited for. */
export function waitingRanks(ranks: readonly Rank[]): readonly Rank[] {
  return ranks.filter((rank) => {
    const state = stateOf(rank);
    return rank.wanted && state !== 'running' && state !== 'succeeded';
  });
}

/**
 * Whether the workers have met: all run, and each says that it takes part, or rank 0 reported of these very attempts.
 * Once they have, they have met until one of them is replaced, or rank 0 reports that it waits.
 */
export function formationOf(facts: FormationFacts): Formation {
  const { ranks, progress, elastic } = facts;
  if (progress !== undefined && waits(progress, ranks)) return 'no';
  if (elastic !== undefined && progress !== undefined && isOfPresentRank0(progress, ranks)) {
    return formationOfMembers(ranks, membersOf(ranks, progress).length, elastic.minReplicas);
  }
  if (haveAllMet(facts)) return 'wholly';
  return elastic !== undefined && membersOf(ranks, progress).length >= elastic.minReplicas ? 'partly' : 'no';
}

function formationOfMembers(ranks: readonly Rank[], memberCount: number, minReplicas: number): Formation {
  const wantedCount = ranks.filter((rank) => rank.wanted && stateOf(rank) !== 'succeeded').length;
  if (memberCount === wantedCount) return 'wholly';
  return memberCount >= minReplicas ? 'partly' : 'no';
}

/** Wanted workers that train now, by the report of rank 0 if it gave one, else by their own word. */
export function membersOf(ranks: readonly Rank[], progress: JobProgress | undefined): readonly Rank[] {
  const running = ranks.filter((rank) => rank.wanted && stateOf(rank) === 'running');
  if (progress === undefined || !isOfPresentRank0(progress, ranks)) {
    return running.filter(({ child }) => child?.ready === true);
  }
  const training = new Map(
    progress.ranks.filter(({ state }) => state === 'training').map(({ rank, attempt }) => [rank, attempt]),
  );
  return running.filter(({ rank, lastAttempt }) => training.get(rank) === lastAttempt);
}

function haveAllMet({ ranks, progress, previous }: FormationFacts): boolean {
  if (waitingRanks(ranks).length > 0) return false;
  const children = ranks.filter(({ wanted }) => wanted).map(({ child }) => child);
  const areReady = children.every(
    (child) => child === undefined || child.ready || child.phase === 'succeeded',
  );
  return areReady || isOfNow(progress, ranks) || hadFormed(previous, ranks);
}

/** Rank 0 says that nobody trains. */
function waits(progress: JobProgress, ranks: readonly Rank[]): boolean {
  return progress.ranks.length > 0 && !trains(progress) && isOfPresentRank0(progress, ranks);
}

/** What a rank 0 that was replaced said last says nothing of now. */
function isOfPresentRank0(progress: JobProgress, ranks: readonly Rank[]): boolean {
  const said = progress.ranks.find(({ rank }) => rank === 0)?.attempt;
  return said !== undefined && said === ranks.find(({ rank }) => rank === 0)?.lastAttempt;
}

/** A report of attempts that have been replaced says nothing of the present ones. */
function isOfNow(progress: JobProgress | undefined, ranks: readonly Rank[]): boolean {
  if (progress === undefined || !trains(progress)) return false;
  const wanted = new Map(ranks.map(({ rank, lastAttempt }) => [rank, lastAttempt]));
  return progress.ranks.every(({ rank, attempt }) => wanted.get(rank) === attempt);
}

function hadFormed(previous: JobStatus | undefined, ranks: readonly Rank[]): boolean {
  if (previous?.state !== 'Running') return false;
  return ranks
    .filter(({ wanted }) => wanted)
    .every(({ stored, child }) => child === undefined || child.uid === stored?.uid);
}
