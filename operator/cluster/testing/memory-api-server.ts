import { randomUUID } from 'node:crypto';
import { ApiError, ApiUnreachableError } from '../api/errors.ts';
import type {
  ApiServer,
  DeleteOptions,
  KubeObject,
  ListOptions,
  ObjectMetadata,
  Resource,
  ResourceKind,
} from '../api/types.ts';
import type { Change } from '../watch/change.ts';

/** One call that changes something, as a test counts or breaks it. */
export interface Write {
  readonly verb: 'create' | 'apply' | 'applyStatus' | 'replace' | 'delete';
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly object?: object;
}

/** What becomes of a write: `lost` is done but its answer never comes, `cut` is neither. */
export type Fate = 'done' | 'lost' | 'cut' | ApiError;

type Stored = KubeObject & { readonly spec?: unknown; readonly status?: unknown };
type Watcher = (change: Change<KubeObject>) => void;

/**
 * An API server in memory, strict where the real one is: names taken, UIDs and resourceVersions that do not match,
 * objects that are gone.
 * Server-side apply is that of a single manager: what it applied before and leaves out now is removed.
 */
export class MemoryApiServer implements ApiServer {
  readonly writes: Write[] = [];
  readonly reads: string[] = [];
  /** Decides over each write before it is done. */
  fateOf: (write: Write) => Fate = () => 'done';
  /** A pod with a node stays until its kubelet ends it. */
  private readonly collections = new Map<string, Map<string, Stored>>();
  private readonly applied = new Map<string, object>();
  private readonly watchers = new Map<string, Set<Watcher>>();
  private version = 0;
  private readonly clock: () => Date;

  constructor(clock: () => Date = () => new Date()) {
    this.clock = clock;
  }

  close(): void {
    this.watchers.clear();
  }

  resource<T extends KubeObject>(kind: ResourceKind): Resource<T> {
    const { plural } = kind;
    return {
      get: (namespace, name) => {
        this.reads.push(`get ${plural} ${namespace}/${name}`);
        return Promise.resolve(this.find(plural, namespace, name) as T | undefined);
      },
      list: (options) => {
        this.reads.push(`list ${plural}`);
        return Promise.resolve(this.list(plural, options) as unknown as readonly T[]);
      },
      create: (namespace, object) =>
        this.write({ verb: 'create', plural, namespace, name: object.metadata.name, object }, () =>
          this.create(plural, namespace, object),
        ) as Promise<T>,
      apply: (namespace, name, object) =>
        this.write({ verb: 'apply', plural, namespace, name, object }, () =>
          this.apply(plural, namespace, name, object as Partial<Stored>),
        ) as Promise<T>,
      applyStatus: (namespace, name, object) =>
        this.write({ verb: 'applyStatus', plural, namespace, name, object }, () =>
          this.applyStatus(plural, namespace, name, object as Partial<Stored>),
        ) as Promise<T>,
      replace: (namespace, object) =>
        this.write({ verb: 'replace', plural, namespace, name: object.metadata.name, object }, () =>
          this.replace(plural, namespace, object),
        ) as Promise<T>,
      delete: (namespace, name, options) =>
        this.write({ verb: 'delete', plural, namespace, name }, () =>
          this.delete(plural, namespace, name, options),
        ),
    };
  }

  /** For the test's own hand: user, kubelet, scheduler, garbage collector. Neither counted nor broken. */
  put(plural: string, object: KubeObject): KubeObject {
    const namespace = object.metadata.namespace ?? 'default';
    const present = this.find(plural, namespace, object.metadata.name);
    return present === undefined
      ? this.create(plural, namespace, object)
      : this.store(plural, { ...present, ...object, metadata: { ...present.metadata, ...object.metadata } });
  }

  /** The object ends for good, whatever its grace. */
  remove(plural: string, namespace: string, name: string): void {
    const gone = this.find(plural, namespace, name);
    if (gone === undefined) return;
    this.collection(plural).delete(`${namespace}/${name}`);
    this.applied.delete(`${plural}/${namespace}/${name}`);
    this.tell(plural, { type: 'deleted', object: gone });
  }

  find(plural: string, namespace: string, name: string): Stored | undefined {
    return this.collection(plural).get(`${namespace}/${name}`);
  }

  all(plural: string): readonly Stored[] {
    return [...this.collection(plural).values()];
  }

  watch(plural: string, watcher: Watcher): () => void {
    const watchers = this.watchers.get(plural) ?? new Set();
    this.watchers.set(plural, watchers.add(watcher));
    return () => watchers.delete(watcher);
  }

  private async write<R>(write: Write, act: () => R): Promise<R> {
    // As over a network: whoever runs at the same time gets its turn in between.
    await Promise.resolve();
    const fate = this.fateOf(write);
    this.writes.push(write);
    if (fate instanceof ApiError) throw fate;
    const answer = fate === 'cut' ? undefined : act();
    if (fate !== 'done') throw lost(write);
    return answer as R;
  }

  private create(plural: string, namespace: string, object: Stored): Stored {
    const { name } = object.metadata;
    if (this.find(plural, namespace, name) !== undefined) throw alreadyExists(plural, name);
    const metadata: ObjectMetadata = {
      ...object.metadata,
      namespace,
      uid: randomUUID(),
      creationTimestamp: `${this.clock().toISOString().slice(0, 19)}Z`,
      generation: 1,
    };
    return this.store(plural, { ...object, metadata });
  }

  private apply(plural: string, namespace: string, name: string, object: Partial<Stored>): Stored {
    const present = this.find(plural, namespace, name);
    if (present === undefined) {
      if (object.metadata?.uid !== undefined)
        throw conflict(plural, name, 'uid mismatch: the object does not exist');
      const made = this.create(plural, namespace, { ...object, metadata: { ...object.metadata, name } });
      this.applied.set(`${plural}/${namespace}/${name}`, object);
      return made;
    }
    expectSame(plural, object, present);
    const key = `${plural}/${namespace}/${name}`;
    const next = merged(present, object, this.applied.get(key)) as Stored;
    this.applied.set(key, object);
    return this.store(plural, next);
  }

  private applyStatus(plural: string, namespace: string, name: string, object: Partial<Stored>): Stored {
    const present = this.find(plural, namespace, name);
    if (present === undefined) throw notFound(plural, name);
    expectSame(plural, object, present);
    return this.store(plural, { ...present, status: object.status });
  }

  private replace(plural: string, namespace: string, object: KubeObject): Stored {
    const present = this.find(plural, namespace, object.metadata.name);
    if (present === undefined) throw notFound(plural, object.metadata.name);
    if (object.metadata.resourceVersion !== present.metadata.resourceVersion) {
      throw conflict(plural, object.metadata.name, 'the object has been modified');
    }
    return this.store(plural, object);
  }

  private delete(plural: string, namespace: string, name: string, options: DeleteOptions): boolean {
    const present = this.find(plural, namespace, name);
    if (present === undefined || (options.uid !== undefined && options.uid !== present.metadata.uid)) {
      return false;
    }
    const hasKubelet = plural === 'pods' && (present.spec as { nodeName?: string }).nodeName !== undefined;
    if (hasKubelet && options.gracePeriodSeconds !== 0) {
      if (present.metadata.deletionTimestamp === undefined) {
        const deletionTimestamp = this.clock().toISOString();
        this.store(plural, { ...present, metadata: { ...present.metadata, deletionTimestamp } });
      }
      return true;
    }
    this.remove(plural, namespace, name);
    return true;
  }

  private list(plural: string, { namespace, labelSelector }: ListOptions): readonly Stored[] {
    const wanted = (labelSelector ?? '').split(',').filter((pair) => pair !== '');
    return this.all(plural).filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        wanted.every((pair) => {
          const [name = '', value] = pair.split('=');
          return metadata.labels?.[name] === value;
        }),
    );
  }

  private store(plural: string, object: Stored): Stored {
    this.version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    const stored = structuredClone({ ...object, metadata }) as Stored;
    const key = `${metadata.namespace}/${metadata.name}`;
    const previous = this.collection(plural).get(key);
    this.collection(plural).set(key, stored);
    this.tell(
      plural,
      previous === undefined
        ? { type: 'added', object: stored }
        : { type: 'updated', object: stored, previous },
    );
    return stored;
  }

  private tell(plural: string, change: Change<KubeObject>): void {
    for (const watcher of this.watchers.get(plural) ?? []) watcher(change);
  }

  private collection(plural: string): Map<string, Stored> {
    const known = this.collections.get(plural) ?? new Map<string, Stored>();
    this.collections.set(plural, known);
    return known;
  }
}

/** An applied object may say which one it means, and as of when. */
function expectSame(plural: string, { metadata }: Partial<Stored>, present: Stored): void {
  const { name, uid, resourceVersion } = present.metadata;
  if (metadata?.uid !== undefined && metadata.uid !== uid) throw conflict(plural, name, 'uid mismatch');
  if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== resourceVersion) {
    throw conflict(plural, name, 'the object has been modified');
  }
}

/** Maps are merged, all else is replaced; what was applied before and is not applied now goes. */
function merged(present: unknown, wanted: unknown, before: unknown): unknown {
  if (!isMap(wanted)) return wanted;
  const kept = isMap(present) ? { ...present } : {};
  const earlier = isMap(before) ? before : {};
  for (const name of Object.keys(earlier)) if (!(name in wanted)) delete kept[name];
  for (const [name, value] of Object.entries(wanted)) kept[name] = merged(kept[name], value, earlier[name]);
  return kept;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function alreadyExists(plural: string, name: string): ApiError {
  return new ApiError({
    status: 409,
    reason: 'AlreadyExists',
    message: `${plural} "${name}" already exists`,
  });
}

function conflict(plural: string, name: string, why: string): ApiError {
  return new ApiError({
    status: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${plural} "${name}": ${why}`,
  });
}

function notFound(plural: string, name: string): ApiError {
  return new ApiError({ status: 404, reason: 'NotFound', message: `${plural} "${name}" not found` });
}

function lost({ verb, plural, name }: Write): ApiUnreachableError {
  return new ApiUnreachableError(verb, `${plural}/${name}`, new Error('socket hang up'), false);
}
