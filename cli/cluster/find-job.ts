import { jobs } from '../../operator/cluster/controller/kinds.ts';
import { ApiError } from '../../operator/cluster/api/errors.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';
import { UserError } from '../user-error.ts';
import type { ClusterConnection } from './connection.ts';
import type { ClusterJobObject } from './status-text.ts';

export type JobObject = KubeObject & ClusterJobObject;

/** @throws UserError when there is none of this name, with those that there are. */
export async function findJob(
  { api }: ClusterConnection,
  namespace: string,
  name: string,
): Promise<JobObject> {
  const found = await api.resource<JobObject>(jobs).get(namespace, name);
  if (found !== undefined) return found;
  const others = await listJobs({ api }, namespace);
  const there =
    others.length === 0 ? 'it has none' : `it has ${others.map(({ metadata }) => metadata.name).join(', ')}`;
  throw new UserError(
    `there is no TernGradJob "${name}" in namespace ${namespace} (${there}); name another namespace with -n`,
  );
}

/** @param namespace absent: all. */
export async function listJobs(
  { api }: Pick<ClusterConnection, 'api'>,
  namespace: string | undefined,
): Promise<readonly JobObject[]> {
  try {
    return await api.resource<JobObject>(jobs).list(namespace === undefined ? {} : { namespace });
  } catch (error) {
    // Of a collection: the server has no such kind at all.
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw new UserError(
      'this cluster knows no TernGradJobs: install the operator first (helm install, see docs/install.md)',
      { cause: error },
    );
  }
}
