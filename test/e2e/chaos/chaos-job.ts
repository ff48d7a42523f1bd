import type { TernGradJob } from '../../../crds/index.ts';
import type { Cluster } from '../cluster.ts';
import { eventually } from '../eventually.ts';
import type { Jobs } from '../jobs.ts';
import { lastWords } from '../last-words.ts';
import { onCluster, pacedJob, stepsOfExamples } from '../paced-job.ts';
import { isCounted, RANKS, type Round, struckRank } from './round.ts';
import { commonStep, longestPauseMs, newestStep, type Standing, standingOf } from './standing.ts';
import { strike } from './strike.ts';

const TOTAL_STEPS = 540;
const BATCH_MS = 150;
/** No fault strikes after this step, so that its job is there until everybody has recovered. */
const LAST_STRUCK_STEP = 0.7 * TOTAL_STEPS;
/** So many more steps of everybody, and the job is over a fault. */
const STEPS_AFTERWARDS = 3;
const LIMIT_MS = 240_000;

const stepOf = stepsOfExamples(TOTAL_STEPS);

/** The job that the faults strike; `terngrad run` takes it, too. A failed worker is replaced as often as it takes. */
export function chaosJob(name: string, batchMs = BATCH_MS): TernGradJob {
  return pacedJob(
    name,
    { steps: TOTAL_STEPS, batchMs },
    {
      workers: { replicas: RANKS.length },
      failurePolicy: {
        backoffLimit: 1000,
        backoff: { initialSeconds: 1, maxSeconds: 1, resetAfterSeconds: 1 },
      },
    },
  );
}

/** One such job on the cluster, from its start to its end. */
export class RunningChaosJob {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #jobs: Jobs;
  #countedFailures = 0;

  private constructor(cluster: Cluster, jobs: Jobs, name: string) {
    this.#cluster = cluster;
    this.#jobs = jobs;
    this.name = name;
  }

  static async start(cluster: Cluster, jobs: Jobs, name: string): Promise<RunningChaosJob> {
    await jobs.create(onCluster(chaosJob(name)));
    return new RunningChaosJob(cluster, jobs, name);
  }

  /** Whether another fault may strike it. */
  async hasTime(): Promise<boolean> {
    return newestStep(await this.#standing()) < LAST_STRUCK_STEP;
  }

  /**
   * Lets the fault strike, and waits until all train again.
   * @returns the longest time between two commits.
   * @throws Error that says what is not as it must be.
   */
  async play({ fault, delayMs }: Round): Promise<number> {
    await this.#untilAllAreAt(newestStep(await this.#standing()) + 1);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const before = await this.#standing();
    const podOf = (rank: number) => {
      const worker = before.workers.find((one) => one.rank === rank);
      if (worker === undefined) throw new Error(`rank ${rank} has no pod before the fault`);
      return worker.pod;
    };
    const strikesAtMs = Date.now();
    const untilMended = await strike(this.#cluster.client, fault, podOf, this.#jobs.namespace);
    if (isCounted(fault)) this.#countedFailures += 1;
    await this.#untilReplaced(before, struckRank(fault));
    await untilMended();
    const after = await this.#untilAllAreAt(newestStep(await this.#standing()) + STEPS_AFTERWARDS);
    const complaints = complaintsOf(before, after, struckRank(fault));
    if (complaints.length > 0) throw new Error(complaints.join('; '));
    return longestPauseMs(after, strikesAtMs);
  }

  /** Trains to the end; throws unless all have the weights of the undisturbed run, and just the failures are counted. */
  async end(weightsHash: string): Promise<void> {
    const { status } = await this.#jobs.untilState(this.name, 'Succeeded', LIMIT_MS);
    // Those that were killed are kept, too.
    const winners = await this.#jobs.untilEndedWell(this.name, RANKS.length, LIMIT_MS);
    const hashes = winners.map((pod) => lastWords(pod).weightsHash);
    if (String(hashes) !== String(RANKS.map(() => weightsHash))) {
      throw new Error(`the final weights are ${String(hashes)} instead of ${weightsHash} on all ranks`);
    }
    if (status?.failureCount !== this.#countedFailures) {
      throw new Error(`${status?.failureCount} failures are counted instead of ${this.#countedFailures}`);
    }
    await this.#jobs.delete(this.name);
  }

  async abandon(): Promise<void> {
    await this.#jobs.delete(this.name);
  }

  #standing(): Promise<Standing> {
    return standingOf(this.#jobs, this.name, stepOf);
  }

  #untilReplaced(before: Standing, rank: number | undefined): Promise<unknown> {
    const attempt = before.workers.find((worker) => worker.rank === rank)?.attempt;
    if (rank === undefined || attempt === undefined) return Promise.resolve();
    return this.#until(`rank ${rank} has another pod that trains`, ({ workers }) =>
      workers.some((worker) => worker.rank === rank && worker.attempt > attempt && worker.step >= 0),
    );
  }

  #untilAllAreAt(step: number): Promise<Standing> {
    return this.#until(`all ranks are at step ${step}`, (standing) => commonStep(standing, RANKS) >= step);
  }

  #until(what: string, holds: (standing: Standing) => boolean): Promise<Standing> {
    return eventually(
      what,
      LIMIT_MS,
      async () => {
        const standing = await this.#standing();
        return holds(standing) ? standing : undefined;
      },
      () => this.#jobs.describe(this.name),
    );
  }
}

/** What a fault has changed that it must not, or has not changed that it must. */
function complaintsOf(before: Standing, after: Standing, struck: number | undefined): readonly string[] {
  const generationOf = ({ workers }: Standing) =>
    Math.max(...workers.flatMap(({ formed }) => formed.map(({ generation }) => generation)));
  const known = generationOf(before);
  const added = after.workers.flatMap(({ formed }) => formed.filter(({ generation }) => generation > known));
  const lost = added.filter(({ step }) => step < newestStep(before));
  return [
    ...RANKS.flatMap((rank) => workerComplaints(before, after, rank, rank === struck)),
    ...lost.map(({ generation, step }) => `generation ${generation} goes back to step ${step}`),
    ...(struck === undefined && added.length > 0 ? ['a generation has formed for no reason'] : []),
    ...(struck !== undefined && added.length === 0 ? ['no generation has formed'] : []),
  ];
}

function workerComplaints(
  before: Standing,
  after: Standing,
  rank: number,
  isStruck: boolean,
): readonly string[] {
  const old = before.workers.find((worker) => worker.rank === rank);
  const [now, ...doubles] = after.workers.filter((worker) => worker.rank === rank);
  if (old === undefined || now === undefined || doubles.length > 0) {
    return [`rank ${rank} has ${doubles.length + Number(now !== undefined)} pods`];
  }
  const wanted = old.attempt + Number(isStruck);
  const [container] = now.pod.status.containerStatuses ?? [];
  const wasRestarted =
    container?.restartCount !== 0 ||
    (!isStruck && container.containerID !== old.pod.status.containerStatuses?.[0]?.containerID);
  return [
    ...(now.attempt === wanted ? [] : [`rank ${rank} has attempt ${now.attempt} instead of ${wanted}`]),
    ...(wasRestarted ? [`the container of rank ${rank} was restarted`] : []),
  ];
}
