import type { JobStatus } from '../../../crds/status.ts';
import type { KubeObject } from '../api/types.ts';

/**
 * A TernGradJob as the API server hands it out. Its spec is read by `resolveJob` alone, which checks it; its status is
 * written by this operator alone, so it is trusted.
 */
export interface JobObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: JobStatus;
}
