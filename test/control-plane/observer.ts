import type { JobStatus } from '../../crds/status.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';
import type { Pod } from '../../operator/cluster/controller/observe/pod.ts';
import { workerOf } from '../../operator/plan/manifests/labels.ts';
import type { ApiClient, Change } from '../integration/api-client.ts';
import { masked } from './masked.ts';

/** What has become of one object name. */
interface History {
  created: number;
  deleted: number;
  last: KubeObject;
}

export interface ObserverOptions {
  readonly client: Pick<ApiClient, 'watch'>;
  /** Of the jobs. */
  readonly namespace: string;
  readonly operatorNamespace: string;
  /** Workers of all jobs in the namespace at once, at most. */
  readonly maxPods: number;
}

/** Objects by kind and name, as they ended, with how often they were made and deleted; comparable between runs. */
export type EndState = Readonly<Record<string, unknown>>;

const WATCHED = [
  ['TernGradJob', (ns: string) => `/apis/terngrad.dev/v1alpha1/namespaces/${ns}/terngradjobs`],
  ['Pod', (ns: string) => `/api/v1/namespaces/${ns}/pods`],
  ['Service', (ns: string) => `/api/v1/namespaces/${ns}/services`],
  ['Secret', (ns: string) => `/api/v1/namespaces/${ns}/secrets`],
  ['NetworkPolicy', (ns: string) => `/apis/networking.k8s.io/v1/namespaces/${ns}/networkpolicies`],
] as const;

/** Watches what there is, past the proxy, and holds each state against what must always be true. */
export class Observer {
  /** What was seen that must never be. */
  readonly violations: string[] = [];
  private readonly options: ObserverOptions;
  private readonly histories = new Map<string, History>();
  private readonly terminal = new Map<string, string>();
  private readonly stop = new AbortController();

  constructor(options: ObserverOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    const { client, namespace, operatorNamespace } = this.options;
    const follow = (kind: string, path: string): Promise<unknown> =>
      client.watch(path, (change) => this.see(kind, change), this.stop.signal);
    await Promise.all([
      ...WATCHED.map(([kind, pathIn]) => follow(kind, pathIn(namespace))),
      follow('Secret of the operator', `/api/v1/namespaces/${operatorNamespace}/secrets`),
    ]);
  }

  end(): void {
    this.stop.abort();
  }

  /** As last seen; of a deleted object too. */
  find(kind: string, name: string): KubeObject | undefined {
    return this.histories.get(`${kind} ${name}`)?.last;
  }

  isThere(kind: string, name: string): boolean {
    const history = this.histories.get(`${kind} ${name}`);
    return history !== undefined && history.created > history.deleted;
  }

  present(kind: string): readonly KubeObject[] {
    return [...this.histories]
      .filter(([key, { created, deleted }]) => key.startsWith(`${kind} `) && created > deleted)
      .map(([, { last }]) => last);
  }

  endState(): EndState {
    const { namespace, operatorNamespace } = this.options;
    const names = new Map(
      [...this.histories].map(([key, { last }]) => [last.metadata.uid ?? '', `(${key})`]),
    );
    const namespaces = { [namespace]: '(jobs)', [operatorNamespace]: '(operator)' };
    const entries = [...this.histories].map(([key, { created, deleted, last }]) => {
      return [key, { created, deleted, ...(masked(last, names, namespaces) as object) }] as const;
    });
    return Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)));
  }

  private see(kind: string, { type, object }: Change): void {
    const seen = object as KubeObject;
    const key = `${kind} ${seen.metadata.name}`;
    const history = this.histories.get(key) ?? { created: 0, deleted: 0, last: seen };
    if (type === 'ADDED') history.created += 1;
    if (type === 'DELETED') history.deleted += 1;
    // What an object was is told by its last version, not by that of its deletion.
    else history.last = seen;
    this.histories.set(key, history);
    if (kind === 'Pod') this.checkPods();
    if (kind === 'TernGradJob') this.checkJob(seen);
    if (kind === 'TernGradJob' && type === 'DELETED') this.checkDeletion(seen);
  }

  private checkPods(): void {
    const live = (this.present('Pod') as readonly Pod[]).filter(isLive);
    const ranks = live.map(({ metadata }) => `${ownerUid(metadata)} ${workerOf(metadata.labels)?.rank}`);
    const names = live.map(({ metadata }) => metadata.name).join(', ');
    if (new Set(ranks).size < ranks.length) this.violations.push(`two live workers of one rank: ${names}`);
    if (live.length > this.options.maxPods) this.violations.push(`too many live workers: ${names}`);
  }

  private checkJob({ metadata: { uid = '' }, ...rest }: KubeObject): void {
    const { state } = (rest as { readonly status?: JobStatus }).status ?? {};
    const ended = this.terminal.get(uid);
    if (ended !== undefined && ended !== state) this.violations.push(`a job went from ${ended} to ${state}`);
    if (state === 'Succeeded' || state === 'Failed') this.terminal.set(uid, state);
  }

  /** Only the operator deletes it, and only by its time to live. */
  private checkDeletion(job: KubeObject): void {
    const { spec, status } = job as SeenJob;
    const endMs = Date.parse(status?.completionTime ?? '') + (spec.ttlSecondsAfterFinished ?? NaN) * 1000;
    if (!(Date.now() >= endMs)) this.violations.push('the job was deleted before its time to live was over');
  }
}

type SeenJob = KubeObject & {
  readonly spec: { readonly ttlSecondsAfterFinished?: number };
  readonly status?: JobStatus;
};

function isLive({ metadata, status }: Pod): boolean {
  const { phase } = status ?? {};
  return metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

function ownerUid({ ownerReferences = [] }: KubeObject['metadata']): string {
  return ownerReferences.find(({ controller }) => controller === true)?.uid ?? '';
}
