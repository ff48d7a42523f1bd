import { API_VERSION, KIND } from '../../../crds/job.ts';
import { readJob } from './read-job.ts';

/** The smallest job; it exists nowhere. */
const SMALLEST = {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name: 'warm-up', namespace: 'warm-up', uid: 'warm-up' },
  spec: {
    program: { name: 'logistic' },
    data: { name: 'synthetic' },
    training: { steps: 1, batchSize: 1 },
    workers: { replicas: 1 },
  },
};

/**
 * Reads a job while nobody waits. The first reading builds the checks from the schema, which takes a hundred times as
 * long as any later one: the first user should not pay for it.
 */
export function warmUp(): void {
  const { kind } = readJob(SMALLEST);
  if (kind === 'invalid') throw new TypeError('the smallest job is refused');
}
