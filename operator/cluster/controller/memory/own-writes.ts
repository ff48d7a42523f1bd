import type { KubeObject, Store } from '../../api/types.ts';
import { isAtLeast } from './resource-version.ts';

/**
 * Read-your-writes over a watched store: what we wrote counts until the watch shows it or something newer. Without it
 * a look that comes before the watch would make a second pod, or forget a failure that was just recorded.
 */
export class OwnWrites<T extends KubeObject> {
  private readonly written = new Map<string, { readonly object: T; readonly writtenAt: Date }>();
  private readonly deletedUids = new Set<string>();

  /** An object as the server answered after our write. */
  recordWritten(object: T, now: Date): void {
    this.written.set(keyOf(object), { object, writtenAt: now });
  }

  /** The server took our deletion; the watch may not show it yet. */
  recordDeleted(object: T): void {
    if (object.metadata.uid !== undefined) this.deletedUids.add(object.metadata.uid);
    this.written.delete(keyOf(object));
  }

  /** Someone deleted it: the watch or the server says so. Another object of the same name stays. */
  recordGone(object: T): void {
    const key = keyOf(object);
    if (this.written.get(key)?.object.metadata.uid === object.metadata.uid) this.written.delete(key);
  }

  /** Whether we deleted it already: it needs no second deletion. */
  isDeleted({ metadata: { uid, deletionTimestamp } }: T): boolean {
    return deletionTimestamp !== undefined || (uid !== undefined && this.deletedUids.has(uid));
  }

  get(store: Store<T>, key: string): T | undefined {
    const seen = store.get(key);
    const own = this.written.get(key)?.object;
    if (own === undefined) return seen;
    if (seen === undefined || !isAtLeast(seen.metadata.resourceVersion, own.metadata.resourceVersion)) {
      return own;
    }
    this.written.delete(key);
    return seen;
  }

  /** All that the index knows under `value`, and what we wrote since. */
  list(store: Store<T>, value: string): readonly T[] {
    const seen = store.byIndex(value);
    this.forgetDeletionsOtherThan(seen);
    const keys = new Set([...seen.map(keyOf), ...this.written.keys()]);
    return [...keys].map((key) => this.get(store, key)).filter((object) => object !== undefined);
  }

  /** Written before `since` and still not seen: it may be gone again, which only the server can tell. */
  unconfirmed(since: Date): readonly T[] {
    return [...this.written.values()]
      .filter(({ writtenAt }) => writtenAt <= since)
      .map(({ object }) => object);
  }

  private forgetDeletionsOtherThan(seen: readonly T[]): void {
    if (this.deletedUids.size === 0) return;
    const present = new Set(seen.map(({ metadata }) => metadata.uid));
    for (const uid of this.deletedUids) if (!present.has(uid)) this.deletedUids.delete(uid);
  }
}

export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace ?? ''}/${name}`;
}
