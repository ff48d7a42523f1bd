import { createHash } from 'node:crypto';
import { formatMicroTime } from '../api/micro-time.ts';
import type { KubeObject, ResourceKind } from '../api/types.ts';

export const EVENTS: ResourceKind = { group: 'events.k8s.io', version: 'v1', plural: 'events' };

/** core/v1 ObjectReference: whom an event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface Happening {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, CamelCase, at most 128 characters: `WorkerFailed`. */
  readonly reason: string;
  /** What was done or not, CamelCase, at most 128 characters: `ReplaceWorker`. */
  readonly action: string;
  /** For people. Cut to 1024 bytes. */
  readonly note: string;
}

/** Who tells. */
export interface Reporter {
  /** A qualified name: `terngrad.dev/operator`. */
  readonly controller: string;
  /** Which of its processes: the pod's name. */
  readonly instance: string;
}

/** events.k8s.io/v1 Event. */
export interface EventObject extends KubeObject, Partial<Happening> {
  /** MicroTime. */
  readonly eventTime?: string;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
}

const MAX_NOTE_BYTES = 1024;
/** Names are DNS subdomains; the rest is for the hash. */
const MAX_REGARDING_NAME_CHARACTERS = 200;

/** Two happenings with the same key are the same thing told twice. */
export function happeningKey({ regarding: { uid }, type, reason, action, note }: Happening): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, type, reason, action, note]))
    .digest('hex');
}

/** The name is made of what and when, so that a second try of the same write is found out. */
export function eventObject(happening: Happening, reporter: Reporter, time: Date): EventObject {
  const { regarding, type, reason, action, note } = happening;
  const hash = createHash('sha256').update(
    `${happeningKey(happening)} ${reporter.instance} ${time.toISOString()}`,
  );
  const name = `${regarding.name.slice(0, MAX_REGARDING_NAME_CHARACTERS)}.${hash.digest('hex').slice(0, 16)}`;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: regarding.namespace },
    eventTime: formatMicroTime(time),
    regarding,
    type,
    reason,
    action,
    note: cutToBytes(note, MAX_NOTE_BYTES),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
  };
}

/** Says in the event that is there already that it has happened so often by now. */
export function eventSeries({ metadata }: EventObject, count: number, lastTime: Date): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: metadata.name, namespace: metadata.namespace },
    series: { count, lastObservedTime: formatMicroTime(lastTime) },
  };
}

/** No half characters, and a sign that something is missing. */
export function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const ellipsis = '…';
  let end = maxBytes - Buffer.byteLength(ellipsis);
  // A byte 10xxxxxx continues a character (RFC 3629).
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}${ellipsis}`;
}
