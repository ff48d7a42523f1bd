import { API_VERSION, KIND } from '../../../crds/job.ts';
import type { ClusterJob } from './cluster-job.ts';
import type { OwnerReference } from './manifest.ts';

/** Makes the job the owner of a child: the garbage collector deletes the child with it. */
export function ownerReference({ metadata }: ClusterJob): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

interface Owned {
  readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
}

/** Whether an object is a child of this very job. One of the same name that is not is never touched. */
export function isOwnedBy(jobUid: string, { ownerReferences = [] }: Owned): boolean {
  return ownerReferences.some(({ uid, controller }) => controller === true && uid === jobUid);
}

/** The UID of the job that controls an object, for indexes; `undefined` when no TernGradJob does. */
export function owningJob({ ownerReferences = [] }: KnownOwner): string | undefined {
  return ownerReferences.find(({ kind, controller }) => controller === true && kind === KIND)?.uid;
}

interface KnownOwner {
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
}
