import type { KubeObject, Store } from '../api/types.ts';
import type { Change } from './change.ts';

/** `undefined`: the object is not in the index. */
export type IndexBy<T extends KubeObject> = (object: T) => string | undefined;

/** `namespace/name`, or the bare name of an object without a namespace. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The objects as last seen, by key and by one index. Every write tells what it changed. */
export class IndexedStore<T extends KubeObject> implements Store<T> {
  private readonly indexBy: IndexBy<T>;
  private readonly objects = new Map<string, T>();
  private readonly index = new Map<string, Map<string, T>>();

  constructor(indexBy: IndexBy<T>) {
    this.indexBy = indexBy;
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  byIndex(value: string): readonly T[] {
    return [...(this.index.get(value)?.values() ?? [])];
  }

  list(): readonly T[] {
    return [...this.objects.values()];
  }

  /** An object of another UID under a known name is a deletion that was missed and a creation. */
  put(object: T): readonly Change<T>[] {
    const key = keyOf(object);
    const previous = this.objects.get(key);
    if (previous !== undefined) this.forget(key, previous);
    this.keep(key, object);
    if (previous === undefined) return [{ type: 'added', object }];
    if (previous.metadata.uid !== object.metadata.uid) {
      return [
        { type: 'deleted', object: previous },
        { type: 'added', object },
      ];
    }
    if (isSameState(previous, object)) return [];
    return [{ type: 'updated', object, previous }];
  }

  /** Tells the last state, which the DELETED event carries. Of another object than the one that is known: nothing to do. */
  remove(object: T): readonly Change<T>[] {
    const key = keyOf(object);
    const previous = this.objects.get(key);
    if (previous === undefined || previous.metadata.uid !== object.metadata.uid) return [];
    this.forget(key, previous);
    return [{ type: 'deleted', object }];
  }

  /** Makes a namespace (`undefined`: everything) be these objects. What is gone is told first. */
  replace(namespace: string | undefined, objects: readonly T[]): readonly Change<T>[] {
    const present = new Set(objects.map(keyOf));
    const gone = this.list().filter((object) => isIn(namespace, object) && !present.has(keyOf(object)));
    return [
      ...gone.flatMap((object) => this.remove(object)),
      ...objects.flatMap((object) => this.put(object)),
    ];
  }

  private keep(key: string, object: T): void {
    this.objects.set(key, object);
    const value = this.indexBy(object);
    if (value === undefined) return;
    const entries = this.index.get(value) ?? new Map<string, T>();
    entries.set(key, object);
    this.index.set(value, entries);
  }

  private forget(key: string, object: T): void {
    this.objects.delete(key);
    const value = this.indexBy(object);
    const entries = value === undefined ? undefined : this.index.get(value);
    if (value === undefined || entries === undefined) return;
    entries.delete(key);
    if (entries.size === 0) this.index.delete(value);
  }
}

/** A list after a gap brings most objects as they were: that is no change. */
function isSameState(previous: KubeObject, next: KubeObject): boolean {
  const { resourceVersion } = next.metadata;
  return resourceVersion !== undefined && previous.metadata.resourceVersion === resourceVersion;
}

function isIn(namespace: string | undefined, { metadata }: KubeObject): boolean {
  return namespace === undefined || metadata.namespace === namespace;
}
