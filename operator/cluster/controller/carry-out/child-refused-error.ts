import type { Obstacle } from '../../../plan/planned-job.ts';

/** What only the controller could see: it becomes a condition of the job, and is tried again later. */
export type Refused = Omit<Obstacle, 'since'>;

/** A child cannot be made as things are. */
export class ChildRefusedError extends Error {
  readonly code = 'CHILD_REFUSED';
  readonly refused: Refused;

  constructor(refused: Refused, cause?: unknown) {
    super(refused.message, { cause });
    this.name = 'ChildRefusedError';
    this.refused = refused;
  }
}
