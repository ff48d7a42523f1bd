import { KIND } from '../../../crds/job.ts';
import { Label } from '../../plan/manifests/labels.ts';
import type { KubeObject } from '../api/types.ts';
import { keyOf } from './memory/own-writes.ts';

/** `namespace/name` of the job that a child belongs to, or whose name it carries; `undefined` when it is nobody's. */
export function jobKeyOf({ metadata }: KubeObject): string | undefined {
  const { namespace, ownerReferences = [], labels } = metadata;
  const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === KIND);
  const name = owner?.name ?? labels?.[Label.jobName];
  return name === undefined
    ? undefined
    : keyOf({ metadata: { ...(namespace !== undefined && { namespace }), name } });
}
