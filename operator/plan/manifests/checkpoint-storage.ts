import { dirname } from 'node:path/posix';
import type { ResolvedJob } from '../../../crds/job.ts';
import { isWithin, pathInPod } from './base-directory.ts';

/** What keeps files of a job: nothing, its pod for as long as that lives, or something that outlives the pod. */
export type Storage = 'none' | 'pod' | 'durable';

/** Where checkpoints go, and for how long they are there. `none`: the job has no checkpoints. */
export function checkpointStorage(job: ResolvedJob): Storage {
  const { checkpoint } = job.spec;
  if (checkpoint === undefined) return 'none';
  return checkpoint.volumeClaim === undefined ? storageAt(job, checkpointDirectory(job)) : 'durable';
}

/** Where the trained model goes. `none`: where rank 0 cannot write. Absent: the job keeps no model. */
export function outputStorage(job: ResolvedJob): Storage | undefined {
  const { output, checkpoint } = job.spec;
  if (output === undefined) return undefined;
  const path = pathInPod(job, output.path);
  const directory = output.format === 'tfjs' ? path : dirname(path);
  const isBesideCheckpoints = checkpoint !== undefined && isWithin(checkpointDirectory(job), directory);
  if (isBesideCheckpoints && checkpoint.volumeClaim !== undefined) return 'durable';
  const storage = userMountOf(job, directory) === undefined ? 'none' : storageAt(job, directory);
  return storage === 'none' && isBesideCheckpoints ? 'pod' : storage;
}

export function checkpointDirectory(job: ResolvedJob): string {
  return pathInPod(job, job.spec.checkpoint?.directory ?? '.');
}

interface UserMount {
  readonly path: string;
  readonly isDurable: boolean;
}

/** The volume of the template that holds a directory: the innermost one that can be written. */
export function userMountOf({ spec }: ResolvedJob, directory: string): UserMount | undefined {
  const { volumes = [], volumeMounts = [] } = spec.workers.template ?? {};
  return volumeMounts
    .filter(({ readOnly }) => !readOnly)
    .flatMap(({ name, mountPath }): readonly UserMount[] => {
      const { emptyDir, persistentVolumeClaim } = volumes.find((volume) => volume.name === name) ?? {};
      if (emptyDir === undefined && persistentVolumeClaim?.readOnly !== false) return [];
      return [{ path: withoutSlash(mountPath), isDurable: persistentVolumeClaim !== undefined }];
    })
    .filter(({ path }) => isWithin(path, directory))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

function storageAt(job: ResolvedJob, directory: string): Storage {
  return userMountOf(job, directory)?.isDurable === true ? 'durable' : 'pod';
}

function withoutSlash(path: string): string {
  return path.replace(/(?!^)\/+$/, '');
}
