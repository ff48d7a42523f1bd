import type { Membership } from '../../trainer/exchange/exchange.ts';
import type { SimulatedProcess } from './process.ts';
import type { Reference } from './reference.ts';

/** The names of the invariants of training (docs/testing.md) that every schedule is held against. */
export const INVARIANTS = {
  oneWorker: 'at most one live, unfenced worker per (job UID, rank)',
  identical: 'all members hold bit-identical weights after each committed step',
  neverBack: 'the step counter never goes back except through a restore event',
  deadline: 'every wait has a deadline; every stuck state says why',
  complete: 'what is applied was complete: no half-updated weights exist at any instant a fault can strike',
} as const;

interface Known {
  readonly generation: number;
  readonly ranks: readonly number[];
  readonly step: number;
  hash: string;
  at: number;
}

/** Everything that the members said and did in one simulation, and every word of it that must not have been. */
export class Ledger {
  readonly violations: string[] = [];
  /** By generation. */
  readonly #memberships = new Map<number, string>();
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #newestAttempts = new Map<number, number>();
  readonly #hashes = new Map<string, string>();
  readonly #standing = new Map<SimulatedProcess, Known>();
  /** Made in this order at the end: what follows from what, then whether anything else was ever claimed or seen. */
  readonly #checks: (() => Promise<void>)[] = [];
  readonly #lateChecks: (() => void)[] = [];
  #confirmed = 0;
  /** No process that trained is left: whatever comes next is a restore. */
  #mayRestore = true;
  restores = 0;
  readonly #reference: Reference;
  /** The states that follow without faults from what the memberships of this run were, by hash: the next step. */
  readonly #right: Map<string, number>;

  constructor(reference: Reference) {
    this.#reference = reference;
    this.#right = new Map([[reference.initialHash, 0]]);
  }

  /** A member begins a generation. */
  formed(process: SimulatedProcess, { generation, members, step, stateHash }: Membership): void {
    const words = members.map(({ rank, attempt }) => `${rank}/${attempt}`).join();
    const known = this.#memberships.get(generation);
    if (known !== undefined && known !== words) {
      this.#violated('oneWorker', `generation ${generation} is ${known} and ${words}`);
    }
    this.#memberships.set(generation, words);
    const seat = `${generation} ${process.rank}`;
    if ((this.#processes.get(seat) ?? process) !== process) {
      this.#violated('oneWorker', `two processes are rank ${process.rank} in generation ${generation}`);
    }
    this.#processes.set(seat, process);
    const newest = Math.max(this.#newestAttempts.get(process.rank) ?? 0, process.attempt);
    this.#newestAttempts.set(process.rank, newest);
    if (process.attempt < newest) {
      this.#violated('oneWorker', `${process.name} trains although attempt ${newest} has trained`);
    }
    if (step < this.#confirmed) {
      if (!this.#mayRestore)
        this.#violated('neverBack', `from ${this.#confirmed} to ${step} in generation ${generation}`);
      this.restores += 1;
      this.#confirmed = step;
    }
    this.#mayRestore = false;
    const own = this.#standing.get(process);
    // Who has a state keeps what it has done, or takes over what others have done.
    if (own !== undefined && own.at > step) {
      this.#violated('neverBack', `${process.name} had done step ${own.at - 1} and goes back to ${step}`);
    }
    if (own !== undefined) {
      // It may have done that step without having said so.
      this.#checks.push(() => this.#follow(own).then(() => undefined));
    }
    this.#lateChecks.push(() => {
      if (this.#right.get(stateHash) === step) return;
      this.#violated('identical', `generation ${generation} begins step ${step} with ${stateHash}`);
    });
    const ranks = members.map(({ rank }) => rank);
    this.#standing.set(process, { generation, ranks, step, hash: stateHash, at: step });
  }

  /** A member says with which state it begins a step. */
  contributes(process: SimulatedProcess, step: number, hash: string): void {
    const known = this.#standing.get(process);
    if (known === undefined) return this.#violated('complete', `${process.name} trains without a generation`);
    const { generation, at, hash: before } = known;
    const place = `${generation} ${step}`;
    const others = this.#hashes.get(place);
    if (others !== undefined && others !== hash) {
      this.#violated('identical', `before step ${step} in generation ${generation}: ${others} and ${hash}`);
    }
    this.#hashes.set(place, hash);
    if (step !== at && step !== at + 1) {
      this.#violated('complete', `${process.name} goes from step ${at} to ${step}`);
    }
    this.#checks.push(async () => {
      const expected = step === at ? before : await this.#follow(known);
      if (expected !== hash) {
        this.#violated('identical', `${process.name} at step ${step}: ${hash} instead of ${expected}`);
      }
    });
    this.#standing.set(process, { ...known, hash, at: step });
  }

  /** Every member is at this step. */
  confirmed(step: number): void {
    if (step < this.#confirmed) this.#violated('neverBack', `confirmed ${this.#confirmed}, then ${step}`);
    this.#confirmed = Math.max(this.#confirmed, step);
  }

  /** What lies in a process's memory at this instant, which is none that it is copying. */
  seen(process: SimulatedProcess, hash: string, when: string): void {
    this.#lateChecks.push(() => {
      if (!this.#right.has(hash)) this.#violated('complete', `${process.name} ${when}: ${hash}`);
    });
  }

  /** Nobody is left who remembers: what comes next counts generations from what the checkpoint says. */
  lostAll(): void {
    this.#mayRestore = true;
    this.#standing.clear();
    this.#memberships.clear();
    this.#processes.clear();
    this.#hashes.clear();
  }

  stuck(why: string): void {
    this.#violated('deadline', why);
  }

  /** What was claimed, held against what follows without faults. In the order in which it was said. */
  async verify(): Promise<readonly string[]> {
    for (const check of this.#checks) await check();
    for (const check of this.#lateChecks) check();
    return this.violations;
  }

  async #follow({ hash, at, ranks }: Known): Promise<string> {
    const next = await this.#reference.after(hash, at, ranks);
    this.#right.set(next, at + 1);
    return next;
  }

  #violated(invariant: keyof typeof INVARIANTS, what: string): void {
    this.violations.push(`${INVARIANTS[invariant]}: ${what}`);
  }
}
