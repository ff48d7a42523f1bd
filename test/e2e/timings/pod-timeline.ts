import type { ApiClient, Change } from '../../integration/api-client.ts';
import { eventually } from '../eventually.ts';
import type { Pod } from '../objects.ts';

/** When a watch first showed something of a pod, in milliseconds of `performance.now()`. */
export interface PodTimes {
  readonly pod: Pod;
  readonly addedMs: number;
  readonly runningMs?: number | undefined;
  readonly endedMs?: number | undefined;
  /** When its deletion was asked for. */
  readonly deletedMs?: number | undefined;
}

type Time = Exclude<keyof PodTimes, 'pod'>;

const LOOK_LIMIT_MS = 300_000;

/** Watches the pods of a namespace, and notes when each was seen in which state. */
export class PodTimeline {
  readonly #byName = new Map<string, PodTimes>();
  readonly #stop = new AbortController();

  /** @param selector Label selector of the pods. */
  static async start(client: ApiClient, namespace: string, selector = ''): Promise<PodTimeline> {
    const timeline = new PodTimeline();
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
    await timeline.#watch(client, path);
    return timeline;
  }

  get pods(): readonly PodTimes[] {
    return [...this.#byName.values()];
  }

  /** Waits until the pods that `match` are `count`, and returns them. */
  async until(
    what: string,
    count: number,
    match: (times: PodTimes) => boolean,
  ): Promise<readonly PodTimes[]> {
    return eventually(
      what,
      LOOK_LIMIT_MS,
      async () => {
        const found = this.pods.filter(match);
        return found.length >= count ? found : undefined;
      },
      async () => this.pods.map(({ pod }) => `${pod.metadata.name}: ${pod.status.phase}`).join('\n'),
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  /** The server may end a watch whose reader is slow; a new one starts with what is there. */
  async #watch(client: ApiClient, path: string): Promise<void> {
    const { signal } = this.#stop;
    const { ended } = await client.watch(path, (change) => this.#note(change), signal);
    void ended.then(() => (signal.aborted ? undefined : this.#watch(client, path)));
  }

  #note({ type, object }: Change): void {
    const nowMs = performance.now();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const pod = object as Pod;
    const { phase } = pod.status;
    // The kubelet shows the end of a container well before the phase that follows from it.
    const ended = pod.status.containerStatuses?.[0]?.state.terminated;
    const since = (time: Time, holds: boolean) => before[time] ?? (holds ? nowMs : undefined);
    const before: PodTimes = this.#byName.get(pod.metadata.name) ?? { pod, addedMs: nowMs };
    this.#byName.set(pod.metadata.name, {
      pod,
      addedMs: before.addedMs,
      runningMs: since('runningMs', phase === 'Running'),
      endedMs: since('endedMs', ended !== undefined),
      deletedMs: since('deletedMs', pod.metadata.deletionTimestamp !== undefined || type === 'DELETED'),
    });
  }
}

/** The latest of the times at which all these pods had reached something. */
export function lastOf(pods: readonly PodTimes[], time: Time): number {
  return Math.max(...pods.map((pod) => pod[time] ?? Number.NaN));
}
