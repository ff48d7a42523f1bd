import type { RunningJob } from '../local-run/run-job.ts';
import type { Crew } from './crew.ts';

/** Workers that `terngrad run` starts, and starts again. */
export class LaunchedCrew implements Crew {
  readonly #run: RunningJob;

  constructor(run: RunningJob) {
    this.#run = run;
  }

  /** Where the job file lies. */
  get folder(): string {
    return this.#run.sandbox.folder;
  }

  get log(): string {
    return this.#run.err;
  }

  get living(): Crew['living'] {
    return this.#run.sandbox.processes.flatMap(({ rank, attempt }) =>
      rank === undefined || attempt === undefined ? [] : [{ rank, attempt }],
    );
  }

  get isOver(): boolean {
    return this.#run.isOver;
  }

  signal(rank: number, name: NodeJS.Signals): void {
    process.kill(this.#run.sandbox.pidOf(rank), name);
  }

  async ended(): Promise<readonly (string | null | undefined)[]> {
    const { exitCode, err, result } = await this.#run.ended();
    if (exitCode !== 0) throw new Error(`the run ended with ${String(exitCode)}\n${err.slice(-4000)}`);
    return result.weightsHashes;
  }
}
