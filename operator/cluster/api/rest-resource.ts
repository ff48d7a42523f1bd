import { ApiError } from './errors.ts';
import type { Exchange, HttpCall } from './exchange.ts';
import { collectionPath, objectPath, withQuery } from './path.ts';
import { READ_PATIENCE_MS, withRetries, WRITE_PATIENCE_MS } from './retry.ts';
import { takeSnapshot } from './snapshot.ts';
import type {
  DeleteOptions,
  KubeObject,
  ListOptions,
  ResourceKind,
  Snapshot,
  WatchableResource,
  WatchEvent,
  WatchOptions,
} from './types.ts';
import { readWatch } from './watch-stream.ts';

/** Under this name the API server keeps which fields are ours. */
const FIELD_MANAGER = 'terngrad-operator';
const JSON_TYPE = 'application/json';
/** JSON is YAML. */
const APPLY_TYPE = 'application/apply-patch+yaml';

export class RestResource<T extends KubeObject> implements WatchableResource<T> {
  private readonly exchange: Exchange;
  private readonly kind: ResourceKind;
  private readonly watchSilenceMs: number;

  constructor(exchange: Exchange, kind: ResourceKind, watchSilenceMs: number) {
    this.exchange = exchange;
    this.kind = kind;
    this.watchSilenceMs = watchSilenceMs;
  }

  async get(namespace: string, name: string): Promise<T | undefined> {
    return await undefinedWhenMissing(
      this.repeatable<T>({ method: 'GET', path: this.object(namespace, name) }),
    );
  }

  async list(options: ListOptions): Promise<readonly T[]> {
    const { items } = await this.snapshot(options, new AbortController().signal);
    return items;
  }

  async snapshot(options: ListOptions, signal: AbortSignal): Promise<Snapshot<T>> {
    const { namespace, labelSelector, fieldSelector } = options;
    const collection = collectionPath(this.kind, namespace);
    return await takeSnapshot(async (limit, continueToken) => {
      const path = withQuery(collection, { labelSelector, fieldSelector, limit, continue: continueToken });
      return await withRetries(
        () => this.exchange.call({ method: 'GET', path }, signal),
        READ_PATIENCE_MS,
        signal,
      );
    });
  }

  async create(namespace: string, object: T): Promise<T> {
    const path = withQuery(collectionPath(this.kind, namespace), { fieldManager: FIELD_MANAGER });
    // Not repeated: the first try may have been carried out.
    return (await this.exchange.call({
      method: 'POST',
      path,
      body: { contentType: JSON_TYPE, json: object },
    })) as T;
  }

  async replace(namespace: string, object: T): Promise<T> {
    const path = withQuery(this.object(namespace, object.metadata.name), { fieldManager: FIELD_MANAGER });
    // Not repeated: a second try would be refused because of the first.
    return (await this.exchange.call({
      method: 'PUT',
      path,
      body: { contentType: JSON_TYPE, json: object },
    })) as T;
  }

  async apply(namespace: string, name: string, object: object): Promise<T> {
    return await this.applyAt(this.object(namespace, name), object);
  }

  async applyStatus(namespace: string, name: string, object: object): Promise<T> {
    return await this.applyAt(`${this.object(namespace, name)}/status`, object);
  }

  async delete(
    namespace: string,
    name: string,
    { uid, resourceVersion, gracePeriodSeconds }: DeleteOptions,
  ): Promise<boolean> {
    const json = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(uid === undefined ? {} : { preconditions: { uid, resourceVersion } }),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    const path = this.object(namespace, name);
    try {
      await this.repeatable({ method: 'DELETE', path, body: { contentType: JSON_TYPE, json } });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) return false;
      if (error.status !== 409 || uid === undefined) throw error;
      // Another object of this name is none of ours; this one has changed, or is refused for another cause.
      const present = await this.get(namespace, name);
      if (present?.metadata.uid === uid) throw error;
      return false;
    }
  }

  async *watch(options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const { namespace, labelSelector, fieldSelector, resourceVersion } = options;
    const collection = collectionPath(this.kind, namespace);
    const path = withQuery(collection, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      labelSelector,
      fieldSelector,
      timeoutSeconds: String(watchSeconds(Math.random)),
    });
    try {
      const stream = await this.exchange.open({ method: 'GET', path }, signal);
      yield* readWatch<T>(stream, collection, this.watchSilenceMs);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private object(namespace: string, name: string): string {
    return objectPath(this.kind, namespace, name);
  }

  private async applyAt(path: string, object: object): Promise<T> {
    return await this.repeatable({
      method: 'PATCH',
      path: withQuery(path, { fieldManager: FIELD_MANAGER, force: 'true' }),
      body: { contentType: APPLY_TYPE, json: object },
    });
  }

  private async repeatable<R>(call: HttpCall): Promise<R> {
    const patienceMs = call.method === 'GET' ? READ_PATIENCE_MS : WRITE_PATIENCE_MS;
    return (await withRetries(() => this.exchange.call(call), patienceMs)) as R;
  }
}

/** 5 to 10 minutes, so that the watches of many clients do not all end together. */
function watchSeconds(random: () => number): number {
  return 300 + Math.floor(random() * 301);
}

async function undefinedWhenMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
