import { ExitCode } from '../../crds/exit-codes.ts';
import type { EndedWorker, LooseJob, LooseWorker } from '../local-run/loose-workers.ts';
import { until } from '../local-run/until.ts';
import type { Crew } from './crew.ts';
import { RANKS } from './paced-job.ts';
import type { Switchboard } from './switchboard.ts';

/** Not 1, so that there is an older attempt that may come back. */
const FIRST_ATTEMPT = 2;

/**
 * Workers that nobody supervises but this: a rank whose worker has ended gets its next attempt at once, as the operator
 * would start it. A fenced worker has its successor already.
 */
export class LooseCrew implements Crew {
  readonly loose: LooseJob;
  /** Absent where the workers talk to each other directly. */
  readonly switchboard: Switchboard | undefined;
  readonly #workers: LooseWorker[] = [];
  #isAbandoned = false;
  readonly #ends = new Map<LooseWorker, EndedWorker>();

  constructor(loose: LooseJob, switchboard?: Switchboard) {
    this.loose = loose;
    this.switchboard = switchboard;
    for (const rank of RANKS) this.start(rank, FIRST_ATTEMPT);
  }

  get log(): string {
    return this.#workers.map(({ output }) => output).join('\n');
  }

  get living(): readonly LooseWorker[] {
    return this.#workers.filter((worker) => !worker.isOver);
  }

  get isOver(): boolean {
    return this.living.length === 0;
  }

  start(rank: number, attempt: number): LooseWorker {
    const worker = this.loose.start(rank, this.switchboard?.environmentOf(rank), attempt);
    this.#workers.push(worker);
    void this.#follow(worker);
    return worker;
  }

  /** From here on nobody is started again. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  signal(rank: number, name: NodeJS.Signals): void {
    this.newest(rank).signal(name);
  }

  newest(rank: number): LooseWorker {
    const newest = this.#workers.findLast((worker) => worker.rank === rank);
    if (newest === undefined) throw new Error(`there is no worker of rank ${rank}`);
    return newest;
  }

  /** How an attempt ended, once it has. */
  async endOf(worker: LooseWorker): Promise<EndedWorker> {
    await until(
      `attempt ${worker.attempt} of rank ${worker.rank} ends`,
      () => worker.isOver,
      () => worker.output,
    );
    return worker.ended;
  }

  async ended(): Promise<readonly (string | undefined)[]> {
    const last = (): readonly (EndedWorker | undefined)[] =>
      RANKS.map((rank) => this.#ends.get(this.newest(rank)));
    await until(
      'every rank is done',
      () => last().every((end) => end?.exitCode === ExitCode.done),
      () => this.log.slice(-4000),
    );
    await this.loose.ended();
    return last().map((end) => end?.message?.weightsHash);
  }

  async #follow(worker: LooseWorker): Promise<void> {
    const end = await worker.ended;
    this.#ends.set(worker, end);
    const { exitCode } = end;
    if (exitCode === ExitCode.done || exitCode === ExitCode.fenced || this.#isAbandoned) return;
    this.start(worker.rank, worker.attempt + 1);
  }
}
