/** The part of an object that every Kubernetes object has. Everything else is plain JSON of the caller's own type. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMetadata;
}

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Which collection of the API, as the path spells it. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  /** Only this very object: a newer one of the same name is left alone. */
  readonly uid?: string;
  /** Only as it was seen: with `uid`, one that has changed since is a conflict (ApiError 409). */
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

/**
 * One kind of object on the API server. Every method rejects with ApiError when the server refuses, and with
 * ApiUnreachableError when no answer came: then a write may or may not have happened.
 */
export interface Resource<T extends KubeObject> {
  /** `undefined` when there is none of this name. */
  get(namespace: string, name: string): Promise<T | undefined>;
  list(options: ListOptions): Promise<readonly T[]>;
  create(namespace: string, object: T): Promise<T>;
  /** Server-side apply by our field manager, taking over fields that others hold. */
  apply(namespace: string, name: string, object: object): Promise<T>;
  applyStatus(namespace: string, name: string, object: object): Promise<T>;
  /** Refused with reason `Conflict` when the object is no longer at `object.metadata.resourceVersion`. */
  replace(namespace: string, object: T): Promise<T>;
  /** False when it was gone already, or is another object of the same name. */
  delete(namespace: string, name: string, options: DeleteOptions): Promise<boolean>;
}

export interface ApiServer {
  resource<T extends KubeObject>(kind: ResourceKind): Resource<T>;
  /** Ends the connections: calls under way reject with ApiUnreachableError. */
  close(): void;
}

/** A whole collection as it was at `resourceVersion`, from where a watch goes on. */
export interface Snapshot<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: T }
  /** Nothing happened up to here. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
}

/** What the reflector needs beside the calls of Resource. */
export interface WatchableResource<T extends KubeObject> extends Resource<T> {
  snapshot(options: ListOptions, signal: AbortSignal): Promise<Snapshot<T>>;
  /**
   * Ends when the server ends it (after some minutes) and when `signal` aborts. Throws ApiError for a refusal, be it an HTTP
   * status or an ERROR event (410: list again), ApiUnreachableError for a lost connection, WatchSilentError when
   * nothing at all came for too long.
   */
  watch(options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
}

export interface WatchableApiServer extends ApiServer {
  resource<T extends KubeObject>(kind: ResourceKind): WatchableResource<T>;
}

/** What a reflector keeps up to date. Reads are from memory. */
export interface Store<T extends KubeObject> {
  /** `namespace/name`. */
  get(key: string): T | undefined;
  /** By the index that the store was made with, e.g. the UID of the owning job. */
  byIndex(value: string): readonly T[];
  list(): readonly T[];
}
