import { defer } from './coordination.ts';

/** The last round of a generation that has done all steps: every member's final hash, then every member's word that it has all of them. */
export class FinalRound {
  readonly #ranks: readonly number[];
  readonly #finals = new Map<number, string>();
  readonly #confirmations = new Set<number>();
  readonly #confirmed = defer<readonly string[]>();

  /** @param ranks the members, in order. */
  constructor(ranks: readonly number[]) {
    this.#ranks = ranks;
  }

  get isRunning(): boolean {
    return this.#finals.size > 0;
  }

  /** In rank order, once all are in. */
  get hashes(): readonly string[] | undefined {
    const hashes = this.#ranks.map((rank) => this.#finals.get(rank));
    return hashes.every((hash) => hash !== undefined) ? hashes : undefined;
  }

  /** Resolves with the hashes when every member has them. */
  get confirmed(): Promise<readonly string[]> {
    return this.#confirmed.promise;
  }

  /** Returns false when this member has given its hash before. */
  add(rank: number, hash: string): boolean {
    if (this.#finals.has(rank)) return false;
    this.#finals.set(rank, hash);
    this.#resolveIfConfirmed();
    return true;
  }

  confirm(rank: number): void {
    this.#confirmations.add(rank);
    this.#resolveIfConfirmed();
  }

  hasConfirmed(rank: number): boolean {
    return this.#confirmations.has(rank);
  }

  missing(): readonly number[] {
    return this.#ranks.filter((rank) => !this.#finals.has(rank) || !this.#confirmations.has(rank));
  }

  #resolveIfConfirmed(): void {
    const { hashes } = this;
    if (hashes !== undefined && this.#ranks.every((rank) => this.#confirmations.has(rank))) {
      this.#confirmed.resolve(hashes);
    }
  }
}
