import type { InboundPush } from './services.ts';

/** Push streams of peers that know the membership before this member does; one per rank. */
export class EarlyPushes {
  readonly #byRank = new Map<number, InboundPush>();

  /** A stream of an older generation may come late; it does not displace one of a newer. */
  keep(push: InboundPush): void {
    const kept = this.#byRank.get(push.rank);
    if (kept !== undefined && kept.scope.generation > push.scope.generation) {
      push.refuse('a stream of a newer generation has come');
      return;
    }
    kept?.refuse('a newer stream of this rank has come');
    this.#byRank.set(push.rank, push);
  }

  /** All that were kept; none is kept any more. */
  take(): readonly InboundPush[] {
    const kept = [...this.#byRank.values()];
    this.#byRank.clear();
    return kept;
  }
}
