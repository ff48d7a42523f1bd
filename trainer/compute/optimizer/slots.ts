import type { JobSpec } from '../../../crds/index.ts';

/** State vectors, as long as the flat weights, that each optimizer keeps; all start at 0. */
export const SLOTS_OF_OPTIMIZER: Readonly<Record<JobSpec['training']['optimizer']['name'], number>> = {
  sgd: 0,
  momentum: 1,
  nesterov: 1,
  rmsprop: 1,
  adam: 2,
  adamw: 2,
};
