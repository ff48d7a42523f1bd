import type { Logger } from 'pino';
import type { KubeObject, ResourceKind, Store, WatchableApiServer } from '../api/types.ts';
import type { ChangeHandler } from './change.ts';
import { Delivery } from './delivery.ts';
import { IndexedStore } from './indexed-store.ts';
import type { IndexBy } from './indexed-store.ts';
import type { RestartReason } from './restart.ts';
import { WatchLoop } from './watch-loop.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly api: Pick<WatchableApiServer, 'resource'>;
  readonly kind: ResourceKind;
  /** Each of them has a watch of its own, behind one store. */
  readonly namespaces: readonly string[] | 'all';
  readonly labelSelector?: string;
  readonly indexBy: IndexBy<T>;
  /** What of an object is kept, to save memory. `metadata.managedFields` never is. Keeps name, namespace, UID and resourceVersion. */
  readonly transform?: (object: T) => T;
  /** Told after the store has taken the change in. When it throws, the change is offered again. */
  readonly onChange: ChangeHandler<T>;
  readonly onRestart?: (reason: RestartReason) => void;
  readonly log: Logger;
}

/** A store that follows the API server. */
export interface Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves when every namespace has been listed once and its objects were told. Pending for as long as that fails. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** Follows until `signal` aborts, whatever goes wrong. Once. */
  run(signal: AbortSignal): Promise<void>;
}

export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const {
    api,
    kind,
    namespaces,
    labelSelector,
    indexBy,
    transform = asItIs,
    onChange,
    onRestart = () => {},
  } = options;
  const log = options.log.child({ resource: kind.plural });
  const resource = api.resource<T>(kind);
  const store = new IndexedStore<T>(indexBy);
  const delivery = new Delivery<T>(onChange, log);
  const scopes = namespaces === 'all' ? [undefined] : [...new Set(namespaces)];
  const unlisted = new Set<string | undefined>(scopes);
  let nowSynced = (): void => {};
  const synced = new Promise<void>((resolve) => (nowSynced = resolve));
  const kept = (object: T): T => transform(withoutManagedFields(object));
  if (unlisted.size === 0) nowSynced();

  const follow = async (namespace: string | undefined, signal: AbortSignal): Promise<void> => {
    const scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
    const onSnapshot = (items: readonly T[]): void => {
      delivery.offer(store.replace(namespace, items.map(kept)));
      unlisted.delete(namespace);
      if (unlisted.size === 0) nowSynced();
    };
    const onChanged = (object: T): void => delivery.offer(store.put(kept(object)));
    const onDeleted = (object: T): void => delivery.offer(store.remove(kept(object)));
    await new WatchLoop<T>({ resource, scope, onSnapshot, onChanged, onDeleted, onRestart, log }).run(signal);
  };

  return {
    store,
    synced,
    isSynced: () => unlisted.size === 0,
    async run(signal) {
      await Promise.all(scopes.map((namespace) => follow(namespace, signal)));
      delivery.stop();
    },
  };
}

function asItIs<T>(object: T): T {
  return object;
}

/** They are often larger than the rest of the object, and nobody here reads them. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
