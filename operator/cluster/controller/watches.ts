import type { Logger } from 'pino';
import { CHILD_LABELS } from '../../plan/manifests/labels.ts';
import { owningJob } from '../../plan/manifests/owner-reference.ts';
import type { KubeObject, ResourceKind, WatchableApiServer } from '../api/types.ts';
import type { Change } from '../watch/change.ts';
import type { Reflector } from '../watch/reflector.ts';
import { createReflector } from '../watch/reflector.ts';
import type { RestartReason } from '../watch/restart.ts';
import type { SpecifiedChild } from './specified-child.ts';
import type { JobStores } from './job-context.ts';
import type { JobObject } from './job-object.ts';
import { jobs, networkPolicies, pods, services } from './kinds.ts';
import type { Pod } from './observe/pod.ts';
import { slimChild, slimJob, slimPod } from './slim.ts';

export interface WatchesOptions {
  readonly api: Pick<WatchableApiServer, 'resource'>;
  readonly namespaces: readonly string[] | 'all';
  readonly onJob: (change: Change<JobObject>) => void;
  /** @param plural of the child's kind */
  readonly onChild: (plural: string, change: Change<KubeObject>) => void;
  readonly onRestart: (resource: string, reason: RestartReason) => void;
  readonly log: Logger;
}

/** All that is watched: jobs, and what of their children is not secret. */
export interface Watches {
  readonly stores: JobStores;
  readonly synced: Promise<unknown>;
  /** Plurals of what was not listed yet. */
  unsynced(): readonly string[];
  /** Until `signal` aborts. Rejects if a watch gives up, which none should. */
  run(signal: AbortSignal): Promise<void>;
}

/** Plurals, for metrics. */
export const WATCHED: readonly string[] = [jobs, pods, services, networkPolicies].map(({ plural }) => plural);

const CHILD_SELECTOR = Object.entries(CHILD_LABELS)
  .map(([name, value]) => `${name}=${value}`)
  .join(',');

export function createWatches(options: WatchesOptions): Watches {
  const { api, namespaces, onJob, onChild, onRestart, log } = options;
  const childrenOf = <T extends KubeObject>(kind: ResourceKind, transform: (object: T) => T): Reflector<T> =>
    createReflector<T>({
      api,
      kind,
      namespaces,
      labelSelector: CHILD_SELECTOR,
      indexBy: ({ metadata }) => owningJob(metadata),
      transform,
      onChange: (change) => onChild(kind.plural, change),
      onRestart: (reason) => onRestart(kind.plural, reason),
      log,
    });
  const reflectors = {
    jobs: createReflector<JobObject>({
      api,
      kind: jobs,
      namespaces,
      indexBy: ({ metadata }) => metadata.uid,
      transform: slimJob,
      onChange: onJob,
      onRestart: (reason) => onRestart(jobs.plural, reason),
      log,
    }),
    pods: childrenOf<Pod>(pods, slimPod),
    services: childrenOf<SpecifiedChild>(services, slimChild),
    networkPolicies: childrenOf<SpecifiedChild>(networkPolicies, slimChild),
  };
  const all = Object.entries(reflectors);
  return {
    stores: {
      jobs: reflectors.jobs.store,
      pods: reflectors.pods.store,
      services: reflectors.services.store,
      networkPolicies: reflectors.networkPolicies.store,
    },
    synced: Promise.all(all.map(([, { synced }]) => synced)),
    unsynced: () => all.filter(([, reflector]) => !reflector.isSynced()).map(([name]) => name),
    run: async (signal) => {
      await Promise.all(all.map(([, reflector]) => reflector.run(signal)));
    },
  };
}
