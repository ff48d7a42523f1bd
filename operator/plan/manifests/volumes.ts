import type { PodTemplate } from '../../../crds/pod-template.ts';
import type { WorkerIdentity } from '../worker-child.ts';
import { checkpointDirectory, userMountOf } from './checkpoint-storage.ts';
import type { ClusterJob } from './cluster-job.ts';
import { rankSecretName } from './names.ts';
import { PodPath } from './pod-paths.ts';
import { rankFiles, secretBlockOf } from './rank-secrets.ts';

type Json = Readonly<Record<string, unknown>>;

interface PodVolumes {
  readonly volumes: readonly Json[];
  readonly volumeMounts: readonly Json[];
}

/** Prefix of our volumes' names; users' may not have it. */
const OURS = 'terngrad-';
/** Read by the group, which is `fsGroup` of the pod; by nobody else in it. */
const OWNER_AND_GROUP_READ = 0o440;

/** Our volumes and the template's, with their mounts. */
export function podVolumes(job: ClusterJob, { rank }: WorkerIdentity): PodVolumes {
  const { template } = job.spec.workers;
  const { configMap } = job.spec.program;
  const ours = [
    rankVolume(job, rank),
    ...(configMap === undefined ? [] : [programVolume(configMap.name)]),
    ...(rank === 0 ? checkpointVolumes(job) : []),
    ...(mountsTemporary(template) ? [] : [temporaryVolume()]),
  ];
  return {
    volumes: [...ours.map(({ volume }) => volume), ...usersVolumes(template)],
    volumeMounts: [...ours.map(({ mount }) => mount), ...usersMounts(template)],
  };
}

interface MountedVolume {
  readonly volume: Json;
  readonly mount: Json;
}

function rankVolume(job: ClusterJob, rank: number): MountedVolume {
  const name = `${OURS}rank`;
  const secretName = rankSecretName(job.metadata.name, secretBlockOf(rank));
  const items = rankFiles(job, rank);
  return {
    volume: { name, secret: { secretName, defaultMode: OWNER_AND_GROUP_READ, items } },
    mount: { name, mountPath: PodPath.rank, readOnly: true },
  };
}

function programVolume(configMapName: string): MountedVolume {
  const name = `${OURS}program`;
  return {
    volume: { name, configMap: { name: configMapName } },
    mount: { name, mountPath: PodPath.program, readOnly: true },
  };
}

function temporaryVolume(): MountedVolume {
  const name = `${OURS}tmp`;
  return { volume: { name, emptyDir: {} }, mount: { name, mountPath: PodPath.temporary } };
}

/** Rank 0 alone writes checkpoints. Without a claim, and without a volume of the user's there, they live as long as the pod. */
function checkpointVolumes(job: ClusterJob): readonly MountedVolume[] {
  const { checkpoint } = job.spec;
  if (checkpoint === undefined) return [];
  const name = `${OURS}checkpoints`;
  const mount = { name, mountPath: checkpointDirectory(job) };
  const { volumeClaim } = checkpoint;
  if (volumeClaim !== undefined) {
    return [{ volume: { name, persistentVolumeClaim: { claimName: volumeClaim } }, mount }];
  }
  if (userMountOf(job, mount.mountPath) !== undefined) return [];
  return [{ volume: { name, emptyDir: {} }, mount }];
}

/** The user may want another kind of volume there, such as one in memory. */
function mountsTemporary(template: PodTemplate | undefined): boolean {
  return usersMounts(template).some(({ mountPath }) => mountPath.replace(/\/+$/, '') === PodPath.temporary);
}

/** Field by field, so that a kind of volume that the schema does not know cannot come through. */
function usersVolumes(template: PodTemplate | undefined): readonly Json[] {
  return (template?.volumes ?? [])
    .filter(({ name }) => !name.startsWith(OURS))
    .map(({ name, configMap, secret, emptyDir, persistentVolumeClaim }) => ({
      name,
      ...(configMap !== undefined && { configMap }),
      ...(secret !== undefined && { secret }),
      ...(emptyDir !== undefined && { emptyDir }),
      ...(persistentVolumeClaim !== undefined && { persistentVolumeClaim }),
    }));
}

interface Mount extends Json {
  readonly mountPath: string;
}

function usersMounts(template: PodTemplate | undefined): readonly Mount[] {
  return (template?.volumeMounts ?? [])
    .filter(({ name }) => !name.startsWith(OURS))
    .map(({ name, mountPath, subPath, readOnly }) => ({
      name,
      mountPath,
      ...(subPath !== undefined && { subPath }),
      ...(readOnly && { readOnly }),
    }));
}
