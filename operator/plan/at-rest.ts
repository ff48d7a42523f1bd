import type { Outcome } from './outcome.ts';

const statements = {
  suspended: { status: 'False', reason: 'Suspended', message: 'the job is suspended' },
  stopping: { status: 'False', reason: 'Stopping', message: 'the workers were asked to stop' },
  succeeded: { status: 'False', reason: 'Finished', message: 'the job is finished' },
  failed: { status: 'False', reason: 'Finished', message: 'the job is finished' },
} as const;

/** What the conditions about work under way state of a job in which none is, or none is to be. */
export function atRest<Kind extends Exclude<Outcome['kind'], 'active'>>(
  kind: Kind,
): (typeof statements)[Kind] {
  return statements[kind];
}
