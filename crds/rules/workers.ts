import type { JobSpec } from '../job.ts';
import type { AnyRule } from './rule.ts';

/** Integer sums of N workers have 2N + 1 values; they are packed in up to 9 bits. */
const MAX_SHARED_SCALER_REPLICAS = 255;

/** How many workers there may be. */
export const workerRules: readonly AnyRule[] = [
  {
    at: 'spec.workers.elastic',
    field: 'maxReplicas',
    reads: ['minReplicas', 'maxReplicas'],
    message: "must not be below 'minReplicas'",
    holds: (self) => self.minReplicas <= self.maxReplicas,
    cel: 'self.minReplicas <= self.maxReplicas',
  },
  {
    at: 'spec.workers',
    field: 'replicas',
    reads: ['replicas', 'elastic'],
    message: "must lie between 'elastic.minReplicas' and 'elastic.maxReplicas'",
    // Bounds the wrong way round are the business of the rule above.
    holds: ({ replicas, elastic }) =>
      elastic === undefined ||
      elastic.minReplicas > elastic.maxReplicas ||
      (elastic.minReplicas <= replicas && replicas <= elastic.maxReplicas),
    cel:
      '!has(self.elastic) || self.elastic.minReplicas > self.elastic.maxReplicas || ' +
      '(self.elastic.minReplicas <= self.replicas && self.replicas <= self.elastic.maxReplicas)',
  },
  {
    at: 'spec',
    field: 'training.batchSize',
    reads: ['training.batchSize', 'workers.replicas', 'workers.elastic'],
    message: 'must be at least the (largest) number of workers: every worker needs an example in every step',
    holds: (self) => self.training.batchSize >= mostReplicas(self),
    cel:
      'self.training.batchSize >= self.workers.replicas && ' +
      '(!has(self.workers.elastic) || self.training.batchSize >= self.workers.elastic.maxReplicas)',
  },
  {
    at: 'spec',
    field: 'workers.replicas',
    reads: ['workers.replicas', 'workers.elastic', 'compression.codec', 'compression.scaler'],
    message: `must be at most ${MAX_SHARED_SCALER_REPLICAS}, elastic growth included, for 'codec: ternary' or 'auto' with 'scaler: shared'; take 'scaler: local' for more`,
    holds: (self) =>
      !['ternary', 'auto'].includes(self.compression.codec) ||
      self.compression.scaler !== 'shared' ||
      mostReplicas(self) <= MAX_SHARED_SCALER_REPLICAS,
    cel:
      "!(self.compression.codec in ['ternary', 'auto']) || self.compression.scaler != 'shared' || " +
      `(self.workers.replicas <= ${MAX_SHARED_SCALER_REPLICAS} && ` +
      `(!has(self.workers.elastic) || self.workers.elastic.maxReplicas <= ${MAX_SHARED_SCALER_REPLICAS}))`,
  },
  {
    at: 'spec',
    field: 'compression.codec',
    reads: ['compression.codec', 'workers.elastic'],
    // A worker that follows from beside the members is not told what they have chosen.
    message:
      "must not be 'auto' with 'workers.elastic': not supported yet; `terngrad predict` says what to take",
    holds: (self) => self.compression.codec !== 'auto' || self.workers.elastic === undefined,
    cel: "self.compression.codec != 'auto' || !has(self.workers.elastic)",
  },
  {
    at: 'spec',
    field: 'compression.packing',
    reads: ['compression.packing', 'workers.elastic'],
    message:
      "must not be 'auto' with 'workers.elastic': not supported yet; `terngrad predict` says what to take",
    holds: (self) => self.compression.packing !== 'auto' || self.workers.elastic === undefined,
    cel: "self.compression.packing != 'auto' || !has(self.workers.elastic)",
  },
];

function mostReplicas({ workers }: JobSpec): number {
  return Math.max(workers.replicas, workers.elastic?.maxReplicas ?? 0);
}
