import type { WorkerWait } from '../../../plan/worker-child.ts';
import type { KubeObject, Resource } from '../../api/types.ts';

/** The part of an Event that we read. */
export interface EventObject extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly involvedObject?: { readonly uid?: string };
}

interface Reading {
  readonly readAt: Date;
  /** The newest warning about each pod, by its UID. */
  readonly byPod: Promise<ReadonlyMap<string, WorkerWait>>;
}

/**
 * One reading serves all pods of a namespace for this long. The API server has no index over events, so that a question
 * about one pod costs it as much as one about all; a full cluster may have hundreds of pods that wait.
 */
const READ_EVERY_MS = 5_000;

/** What the events of a namespace warn of, read when somebody asks. */
export class Warnings {
  private readonly events: Resource<EventObject>;
  private readonly clock: () => Date;
  private readonly readings = new Map<string, Reading>();

  constructor(events: Resource<EventObject>, clock: () => Date) {
    this.events = events;
    this.clock = clock;
  }

  /** The newest warning about a pod; `undefined` when there is none. Rejects when the events cannot be read. */
  async newest(namespace: string, podUid: string): Promise<WorkerWait | undefined> {
    return (await this.reading(namespace).byPod).get(podUid);
  }

  private reading(namespace: string): Reading {
    const now = this.clock();
    for (const [name, { readAt }] of this.readings) {
      if (now.getTime() - readAt.getTime() >= READ_EVERY_MS) this.readings.delete(name);
    }
    const known = this.readings.get(namespace);
    if (known !== undefined) return known;
    const fresh = { readAt: now, byPod: this.read(namespace) };
    this.readings.set(namespace, fresh);
    // The next one to ask reads again; this failure is for those who wait for it.
    fresh.byPod.catch(() => this.readings.delete(namespace));
    return fresh;
  }

  private async read(namespace: string): Promise<ReadonlyMap<string, WorkerWait>> {
    const fieldSelector = 'involvedObject.kind=Pod,type=Warning';
    const found = await this.events.list({ namespace, fieldSelector });
    const oldestFirst = found.toSorted((a, b) => Date.parse(timeOf(a)) - Date.parse(timeOf(b)));
    return new Map(oldestFirst.map((event) => [event.involvedObject?.uid ?? '', waitOf(event)]));
  }
}

function waitOf(event: EventObject): WorkerWait {
  return {
    reason: event.reason ?? 'SetUpFailed',
    message: event.message ?? 'the kubelet gave no reason',
    since: new Date(event.metadata.creationTimestamp ?? timeOf(event)),
  };
}

function timeOf({ lastTimestamp, metadata }: EventObject): string {
  return lastTimestamp ?? metadata.creationTimestamp ?? new Date(0).toISOString();
}
