import { fileURLToPath } from 'node:url';
import type { TernGradJob } from '../../crds/index.ts';
import { permutation } from '../../trainer/data/sampler.ts';
import { smallJob } from './small-job.ts';

type Spec = TernGradJob['spec'];

const SEED = 1;
const BATCH_SIZE = 12;
const CONFIG_MAP = 'paced';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Of the program; the first one imports the second. */
export const PROGRAM_FILES = [file('programs/paced.mjs'), file('../local-run/programs/tiny.mjs')] as const;

export interface Pace {
  readonly steps: number;
  /** What each step takes in addition to its work. */
  readonly batchMs: number;
}

/** One epoch of the paced program, so that the examples of a batch tell its step. */
export function pacedJob(
  name: string,
  pace: Pace,
  changes: Partial<Spec> & Pick<Spec, 'workers'>,
): TernGradJob {
  const examples = pace.steps * BATCH_SIZE;
  return smallJob(name, changes.workers?.replicas ?? 1, {
    program: { path: 'paced.mjs', parameters: { examples, batchMs: pace.batchMs } },
    data: { name: 'program' },
    training: { epochs: 1, batchSize: BATCH_SIZE, seed: SEED },
    ...changes,
  });
}

/** The same for a cluster, where the program lies in a ConfigMap; see `configMapParameters`. */
export function onCluster(job: TernGradJob): TernGradJob {
  const program = { ...job.spec.program, configMap: { name: CONFIG_MAP } };
  return { ...job, spec: { ...job.spec, program } };
}

/** For `kubectl`: makes the ConfigMap. */
export const configMapParameters = [
  'create',
  'configmap',
  CONFIG_MAP,
  ...PROGRAM_FILES.map((name) => `--from-file=${name}`),
] as const;

/** By example, the step that takes it. */
export function stepsOfExamples(steps: number): Uint32Array {
  const order = permutation(steps * BATCH_SIZE, SEED, 0);
  const stepOf = new Uint32Array(order.length);
  order.forEach((example, position) => (stepOf[example] = Math.floor(position / BATCH_SIZE)));
  return stepOf;
}
