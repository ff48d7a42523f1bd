import type { ClusterJob } from '../../plan/manifests/cluster-job.ts';
import type { NetworkPolicySettings } from '../../plan/manifests/network-policy.ts';
import type { PodSettings } from '../../plan/manifests/pod.ts';
import type { Resource, Store } from '../api/types.ts';
import type { SpecifiedChild } from './specified-child.ts';
import type { RankSecrets } from './carry-out/rank-secrets.ts';
import type { JobObject } from './job-object.ts';
import type { JobMemory } from './memory/job-memory.ts';
import type { Pod } from './observe/pod.ts';

/** What the watches keep up to date. Children are indexed by the UID of the job that owns them. */
export interface JobStores {
  readonly jobs: Store<JobObject>;
  readonly pods: Store<Pod>;
  readonly services: Store<SpecifiedChild>;
  readonly networkPolicies: Store<SpecifiedChild>;
}

/** Where the objects are written. */
export interface JobResources {
  readonly jobs: Resource<JobObject>;
  readonly pods: Resource<Pod>;
  readonly services: Resource<SpecifiedChild>;
  readonly networkPolicies: Resource<SpecifiedChild>;
}

/** What the operator's flags decide about the children of every job. */
export interface ChildSettings {
  readonly pods: PodSettings;
  readonly networkPolicy: NetworkPolicySettings;
  /** Secrets that pod templates may name. */
  readonly allowedSecrets: ReadonlySet<string>;
}

/** The cluster as one look at a job uses it. */
export interface Cluster {
  readonly stores: JobStores;
  readonly resources: JobResources;
  readonly settings: ChildSettings;
  readonly rankSecrets: RankSecrets;
  readonly clock: () => Date;
}

/** One job, as one look at it uses it. */
export interface JobContext {
  /** `namespace/name`. */
  readonly key: string;
  readonly job: ClusterJob;
  readonly memory: JobMemory;
  /** All pods of the job, as far as the watch and our own writes tell. */
  readonly pods: readonly Pod[];
}
