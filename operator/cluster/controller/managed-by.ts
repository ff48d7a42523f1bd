import type { JobSpec } from '../../../crds/job.ts';
import { isMap } from '../../../crds/values.ts';
import { isManagedByUs } from '../../plan/managed-by.ts';
import type { JobObject } from './job-object.ts';

/** Asked before the spec is checked: what another controller runs is none of our business, not even when it is invalid. */
export function isOurs({ spec }: JobObject): boolean {
  return !isMap(spec) || isManagedByUs({ spec: spec as unknown as JobSpec });
}
