import { isOwnedBy } from '../../../plan/manifests/owner-reference.ts';
import type { Manifest } from '../../../plan/manifests/manifest.ts';
import type { KubeObject, Resource, Store } from '../../api/types.ts';
import type { OwnWrites } from '../memory/own-writes.ts';
import { slimChild } from '../slim.ts';
import type { SpecifiedChild } from '../specified-child.ts';
import { covers } from './covers.ts';
import { createOnce } from './create-once.ts';
import { nameTaken, refusalOf } from './refusal.ts';

/** Where one kind of child is read and written. */
export interface ChildAccess<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly store: Store<T>;
  readonly own: OwnWrites<T>;
}

/**
 * Makes a watched child be there and be as wanted, with no write when it is so already. One that has changed since the
 * watch showed it is refused by the server: what follows from an old view is never applied.
 * @throws as `createOnce`
 */
export async function ensureChild(
  { resource, store, own }: ChildAccess<SpecifiedChild>,
  jobUid: string,
  manifest: Manifest,
  now: Date,
): Promise<void> {
  const { namespace, name } = manifest.metadata;
  const child = { kind: manifest.kind, name };
  let present = own.get(store, `${namespace}/${name}`);
  if (present === undefined) {
    const created = await createOnce(resource, jobUid, child, manifest);
    own.recordWritten(slimChild(created.object), now);
    if (created.isNew) return;
    present = created.object;
  }
  if (!isOwnedBy(jobUid, present.metadata)) throw nameTaken(child, present);
  if (covers(present.spec, manifest.spec)) return;
  const { uid, resourceVersion } = present.metadata;
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  const wanted = { ...manifest, metadata: { ...manifest.metadata, uid, ...version } };
  try {
    own.recordWritten(slimChild(await resource.apply(namespace, name, wanted)), now);
  } catch (error) {
    throw refusalOf(error, child);
  }
}
