import { fileURLToPath } from 'node:url';
import type { TernGradJob } from '../../crds/job.ts';
import { API_VERSION, KIND } from '../../crds/job.ts';

type Spec = TernGradJob['spec'];

/** Blocks of the spec; each is laid over the small job's own block. */
export type SpecChange = { readonly [Block in keyof Spec]?: Spec[Block] };

/**
 * Two workers train the tiny program of `programs/tiny.mjs` for six steps in plain JavaScript: the shortest run that
 * still has ternarized and exempt tensors, several chunks and a test set.
 */
export function smallJob(change: SpecChange = {}): TernGradJob {
  const { workers, program, training, ...others } = change;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'small' },
    spec: {
      workers: { replicas: 2, backend: 'cpu', ...workers },
      program: program ?? { path: programFile('tiny') },
      training: {
        batchSize: 16,
        learningRate: { initial: 0.05 },
        ...lengthOf(training),
        ...training,
      },
      ...others,
    },
  };
}

/** Path of a program in `programs/`. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
}

/** Exactly one of steps and epochs may be set. */
function lengthOf(training: Spec['training'] | undefined): { readonly steps?: number } {
  return training?.epochs === undefined ? { steps: 6 } : {};
}
