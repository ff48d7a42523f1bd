import type { JobEvent } from '../../plan/events.ts';
import { owningJob } from '../../plan/manifests/owner-reference.ts';
import type { KubeObject } from '../api/types.ts';
import { RankSecrets } from '../controller/carry-out/rank-secrets.ts';
import type { Cluster, JobStores } from '../controller/job-context.ts';
import type { JobObject } from '../controller/job-object.ts';
import { events, jobs, networkPolicies, pods, secrets, services } from '../controller/kinds.ts';
import { JobMemories } from '../controller/memory/job-memories.ts';
import type { Pod } from '../controller/observe/pod.ts';
import { Warnings } from '../controller/observe/warnings.ts';
import type { JobProgressSource } from '../controller/progress/job-progress-source.ts';
import { Reconciler } from '../controller/reconciler.ts';
import { LaggingStore } from './lagging-store.ts';
import type { MemoryApiServer } from './memory-api-server.ts';

/** One operator process against a server in memory. A second one, or one after a restart, is another instance. */
export class TestOperator {
  readonly events: JobEvent[] = [];
  readonly errors: unknown[] = [];
  readonly memories = new JobMemories();
  readonly stores: JobStores & {
    readonly jobs: LaggingStore<JobObject>;
    readonly pods: LaggingStore<Pod>;
  };
  private readonly reconciler: Reconciler;
  private readonly dirty = new Set<string>();
  private readonly dueAt = new Map<string, Date>();
  private readonly clock: () => Date;

  constructor(server: MemoryApiServer, clock: () => Date, progress: JobProgressSource = silent) {
    this.clock = clock;
    const ownerOf = ({ metadata }: KubeObject): string | undefined => owningJob(metadata);
    const touch = ({ object }: { readonly object: KubeObject }): void => {
      const { namespace, ownerReferences = [] } = object.metadata;
      for (const { name } of ownerReferences) this.dirty.add(`${namespace}/${name}`);
    };
    const storeOf = <T extends KubeObject>(plural: string): LaggingStore<T> =>
      new LaggingStore<T>(server, plural, ownerOf, touch);
    this.stores = {
      jobs: new LaggingStore<JobObject>(
        server,
        jobs.plural,
        ({ metadata }) => metadata.uid,
        ({ object }) => this.dirty.add(`${object.metadata.namespace}/${object.metadata.name}`),
      ),
      pods: storeOf(pods.plural),
      services: storeOf(services.plural),
      networkPolicies: storeOf(networkPolicies.plural),
    };
    const cluster: Cluster = {
      stores: this.stores,
      resources: {
        jobs: server.resource(jobs),
        pods: server.resource(pods),
        services: server.resource(services),
        networkPolicies: server.resource(networkPolicies),
      },
      settings: {
        pods: { trainerImage: 'trainer', trainerGpuImage: 'trainer-gpu', logLevel: 'info' },
        networkPolicy: {
          operatorNamespace: 'terngrad',
          operatorPodLabels: { app: 'operator' },
          monitoringNamespaceLabels: { monitoring: 'yes' },
        },
        allowedSecrets: new Set(['allowed']),
      },
      rankSecrets: new RankSecrets(server.resource(secrets), {
        issue: () => Promise.resolve({ certificate: 'leaf', privateKey: 'key', authorities: 'ca' }),
        renewalTime: () => new Date(clock().getTime() + 24 * 3600_000),
      }),
      clock,
    };
    this.reconciler = new Reconciler({
      cluster,
      warnings: new Warnings(server.resource(events), clock),
      memories: this.memories,
      progress,
      observer: {
        statusWritten: (_context, _before, next) => this.events.push(...next.events),
        carriedOut: () => {},
      },
    });
  }

  /**
   * Looks at whatever changed, and at what is due, until nothing is left. What fails is tried again, unless it is to
   * die of it: then another instance has to go on.
   */
  async settle(onError: 'retry' | 'die' = 'retry'): Promise<void> {
    const before = this.errors.length;
    for (let looks = 0; ; looks += 1) {
      if (looks > 200) throw new Error(`the operator does not come to rest: ${String(this.errors.at(-1))}`);
      const now = this.clock();
      for (const [key, at] of this.dueAt) if (at <= now) this.dirty.add(key);
      const [key] = this.dirty;
      if (key === undefined) return;
      await this.look(key);
      if (onError === 'die' && this.errors.length > before) return;
    }
  }

  async look(key: string): Promise<void> {
    this.dirty.delete(key);
    this.dueAt.delete(key);
    try {
      const again = await this.reconciler.look(key);
      if (again !== undefined) this.dueAt.set(key, again);
    } catch (error) {
      this.errors.push(error);
      this.dirty.add(key);
    }
  }

  /** When it wants to look at a job again. */
  nextLookAt(key: string): Date | undefined {
    return this.dueAt.get(key);
  }
}

const silent: JobProgressSource = { of: () => undefined, update: () => {}, forget: () => {} };
