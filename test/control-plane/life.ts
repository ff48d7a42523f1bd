import { setTimeout as pause } from 'node:timers/promises';
import { ExitCode } from '../../crds/exit-codes.ts';
import { exampleJob } from '../../crds/testing/example-job.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';
import { workerOf } from '../../operator/plan/manifests/labels.ts';
import type { ApiClient } from '../integration/api-client.ts';
import type { Kubelet } from './kubelet.ts';
import type { Observer } from './observer.ts';

export const JOB = 'example';
export const WORKERS = 2;
/** Long enough that the last status is seen before the job goes. */
const TTL_SECONDS = 2;

/** Where a life takes place. */
export interface Stage {
  readonly client: ApiClient;
  readonly kubelet: Kubelet;
  readonly observer: Observer;
  readonly namespace: string;
}

/** Something happens to the job; then the operator has to come to where it came in the reference run. */
export interface Step {
  readonly name: string;
  act(stage: Stage): Promise<void>;
  /** What is seen at least once the operator has done its part in the reference run. */
  readonly state: NonNullable<JobStatus['state']>;
  readonly pods: number;
}

/** A job's life: everything that has the operator write. */
export const LIFE: readonly Step[] = [
  {
    name: 'made',
    act: ({ client, namespace }) =>
      done(client.create(jobsPath(namespace), exampleJob(SPEC, { name: JOB, namespace }))),
    state: 'Starting',
    pods: 2,
  },
  { name: 'running', act: (stage) => runAll(stage, pod(0, 1), pod(1, 1)), state: 'Running', pods: 2 },
  {
    name: 'worker lost',
    act: async ({ kubelet }) => {
      await untilNextSecond();
      await kubelet.end(pod(1, 1), ExitCode.internal);
    },
    state: 'Restarting',
    pods: 3,
  },
  { name: 'worker back', act: (stage) => runAll(stage, pod(1, 2)), state: 'Running', pods: 3 },
  {
    name: 'rank 0 lost',
    act: ({ kubelet }) => kubelet.end(pod(0, 1), ExitCode.internal),
    state: 'Restarting',
    pods: 4,
  },
  { name: 'rank 0 back', act: (stage) => runAll(stage, pod(0, 2)), state: 'Running', pods: 4 },
  { name: 'suspended', act: (stage) => change(stage, { suspend: true }), state: 'Suspended', pods: 0 },
  { name: 'resumed', act: (stage) => change(stage, { suspend: false }), state: 'Starting', pods: 2 },
  { name: 'running again', act: (stage) => runAll(stage, pod(0, 3), pod(1, 3)), state: 'Running', pods: 2 },
  {
    name: 'worker ended',
    act: async ({ kubelet }) => {
      await untilNextSecond();
      await kubelet.end(pod(1, 3), ExitCode.done);
    },
    state: 'Running',
    pods: 2,
  },
  {
    name: 'rank 0 ended',
    act: ({ kubelet }) => kubelet.end(pod(0, 3), ExitCode.done),
    state: 'Succeeded',
    pods: 2,
  },
];

/** How often each thing happens. One operator folds what it tells twice; two operators cannot. */
export const HAPPENINGS: Readonly<Record<string, number>> = {
  JobRunning: 4,
  WorkerFailed: 2,
  WorkerReplaced: 2,
  JobStopping: 1,
  JobSuspended: 1,
  JobResumed: 1,
  JobSucceeded: 1,
};

const SPEC = {
  workers: { replicas: WORKERS },
  failurePolicy: { backoffLimit: 5 },
  ttlSecondsAfterFinished: TTL_SECONDS,
};

type SeenJob = KubeObject & { readonly status?: JobStatus };

/** What is missing of what a step leads to at least; `undefined` where nothing is. */
export function missingOf({ observer }: Stage, { state, pods }: Step): string | undefined {
  const job: SeenJob | undefined = observer.find('TernGradJob', JOB);
  const { state: actual, observedGeneration, ranks = [] } = job?.status ?? {};
  const present = observer.present('Pod');
  if (observedGeneration !== job?.metadata.generation) return 'the status is about an older spec';
  if (actual !== state) return `state ${actual} instead of ${state}`;
  if (present.length !== pods) return `${present.length} pods instead of ${pods}`;
  // Replacements are entered when they are seen, which on a busy computer may be a while after they were made.
  const attempts = new Map(ranks.map(({ rank, attempt }) => [rank, attempt]));
  const isEntered = ({ metadata }: KubeObject): boolean => {
    const { rank = 0, attempt = 1 } = workerOf(metadata.labels) ?? {};
    return attempt === 1 || (attempts.get(rank) ?? 1) >= attempt;
  };
  const missing = present.find((one) => !isEntered(one));
  return missing && `the status knows nothing of ${missing.metadata.name}`;
}

/**
 * Where the job stands: the pods that are there, and of the status all that is not a mere figure. Whether steps go on is
 * left out, as that follows the clock.
 */
export function milestoneOf({ observer }: Stage): unknown {
  const job: SeenJob | undefined = observer.find('TernGradJob', JOB);
  const {
    observedGeneration,
    state,
    conditions = [],
    failureCount,
    restarts,
    ranks = [],
  } = job?.status ?? {};
  return {
    // At its end it may be gone again before this is looked at: its time to live is short.
    isThere: state === 'Succeeded' || observer.isThere('TernGradJob', JOB),
    observedGeneration,
    state,
    failureCount,
    restarts,
    conditions: conditions
      .filter(({ type }) => type !== 'Progressing')
      .map(({ type, status, reason }) => `${type} ${status} ${reason}`)
      .toSorted(),
    // A first attempt is entered with the next status, whenever that is written.
    ranks: ranks
      .map(({ rank, attempt, failures, exitCode }) => ({ rank, attempt, failures, exitCode }))
      .filter(({ attempt, failures, exitCode }) => attempt > 1 || (failures ?? exitCode) !== undefined),
    pods: observer
      .present('Pod')
      .map(({ metadata }) => metadata.name)
      .toSorted(),
  };
}

function jobsPath(namespace: string): string {
  return `/apis/terngrad.dev/v1alpha1/namespaces/${namespace}/terngradjobs`;
}

function pod(rank: number, attempt: number): string {
  return `${JOB}-worker-${rank}-${attempt}`;
}

/** Times of a kubelet have whole seconds: an end in the second of the start would count as before it. */
async function untilNextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  // A timer may come a millisecond early.
  while (Math.floor(Date.now() / 1000) === second) await pause(1000 - (Date.now() % 1000));
}

async function runAll({ kubelet }: Stage, ...names: readonly string[]): Promise<void> {
  for (const name of names) await kubelet.run(name);
}

async function change({ client, namespace }: Stage, spec: object): Promise<void> {
  await done(client.merge(`${jobsPath(namespace)}/${JOB}`, { spec }));
}

async function done(answer: ReturnType<ApiClient['create']>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`the API server refused a step of the test: ${JSON.stringify(body)}`);
}
