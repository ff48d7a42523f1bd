import { ApiError } from '../../api/errors.ts';
import type { KubeObject } from '../../api/types.ts';
import { ChildRefusedError } from './child-refused-error.ts';

/** Statuses that say "later", not "no": the next try needs nobody's help. */
const transient = new Set([409, 429, 502, 503, 504]);

/** Which child, for messages. */
export interface ChildName {
  /** As users write it: `Pod`. */
  readonly kind: string;
  readonly name: string;
  readonly rank?: number;
}

/**
 * What the API server, a quota or an admission webhook refused, in its own words; any other error as it is: then the
 * whole look is tried again.
 */
export function refusalOf(error: unknown, child: ChildName): unknown {
  if (!(error instanceof ApiError) || transient.has(error.status)) return error;
  return refused(child, 'ChildRefused', `was refused: ${error.message}`, error);
}

/** The name is held by an object that is not this job's. It is never touched. */
export function nameTaken(child: ChildName, holder: KubeObject): ChildRefusedError {
  const { deletionTimestamp, ownerReferences = [] } = holder.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  const whose = owner === undefined ? 'has no owner' : `belongs to the ${owner.kind} ${owner.name}`;
  const remedy =
    deletionTimestamp === undefined
      ? 'it is left alone; delete or rename it, or give the job another name'
      : 'it is being deleted; the job goes on when it is gone';
  return refused(child, 'NameTaken', `exists already and ${whose} (uid ${owner?.uid ?? 'none'}): ${remedy}`);
}

/** There is one of this name already; whose it is, is still to be found out. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

function refused(child: ChildName, reason: string, what: string, cause?: unknown): ChildRefusedError {
  const { kind, name, rank } = child;
  return new ChildRefusedError(
    { reason, message: `${kind} ${name} ${what}`, ...(rank !== undefined && { rank }) },
    cause,
  );
}
