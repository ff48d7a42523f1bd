import { computeSteps } from './compute-steps.ts';

/** Entry of the compute thread. */
await computeSteps();
