import { isOwnedBy } from '../../../plan/manifests/owner-reference.ts';
import type { KubeObject, Resource } from '../../api/types.ts';
import type { ChildName } from './refusal.ts';
import { isAlreadyThere, nameTaken, refusalOf } from './refusal.ts';

export interface Created<T> {
  readonly object: T;
  /** False when it was there already, as after a lost answer or a restart. */
  readonly isNew: boolean;
}

/**
 * Creates a child of a job. Where one of its name exists, the UID of the owner tells ours, which counts as created,
 * from a foreign one, which is never touched.
 * @throws ChildRefusedError for a foreign object or a refusal; ApiError, ApiUnreachableError for what is only delayed.
 */
export async function createOnce<T extends KubeObject>(
  resource: Resource<T>,
  jobUid: string,
  child: ChildName,
  manifest: T & { readonly metadata: { readonly namespace: string } },
): Promise<Created<T>> {
  const { namespace, name } = manifest.metadata;
  try {
    return { object: await resource.create(namespace, manifest), isNew: true };
  } catch (error) {
    if (!isAlreadyThere(error)) throw refusalOf(error, child);
    const holder = await resource.get(namespace, name);
    // Gone in between: the next look creates it.
    if (holder === undefined) throw error;
    if (!isOwnedBy(jobUid, holder.metadata)) throw nameTaken(child, holder);
    return { object: holder, isNew: false };
  }
}
