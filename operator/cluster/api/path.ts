import type { ResourceKind } from './types.ts';

/** A name that can't be part of a path: it would address another object than the one that is meant. */
class InvalidPathSegmentError extends Error {
  readonly code = 'INVALID_PATH_SEGMENT';

  constructor(value: string) {
    super(`${JSON.stringify(value)} can't be the name of a Kubernetes object: give a DNS name`);
    this.name = 'InvalidPathSegmentError';
  }
}

/** `/apis/<group>/<version>[/namespaces/<namespace>]/<plural>`; an empty or absent namespace gives the collection across all. */
export function collectionPath(
  { group, version, plural }: ResourceKind,
  namespace: string | undefined,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${segment(namespace)}`;
  return `${root}${scope}/${plural}`;
}

export function objectPath(kind: ResourceKind, namespace: string, name: string): string {
  return `${collectionPath(kind, namespace)}/${segment(name)}`;
}

/** Absent values are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') throw new InvalidPathSegmentError(value);
  return encodeURIComponent(value);
}
