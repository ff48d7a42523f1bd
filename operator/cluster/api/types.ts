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
  /** False when it was gone already, or is another object of the same name. */
  delete(namespace: string, name: string, options: DeleteOptions): Promise<boolean>;
}

export interface ApiServer {
  resource<T extends KubeObject>(kind: ResourceKind): Resource<T>;
  close(): void;
}

/** What a reflector keeps up to date. Reads are from memory. */
export interface Store<T extends KubeObject> {
  /** `namespace/name`. */
  get(key: string): T | undefined;
  /** By the index that the store was made with, e.g. the UID of the owning job. */
  byIndex(value: string): readonly T[];
  list(): readonly T[];
}
