import { isMap } from '../../crds/values.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';

/** What no two runs have in common, and what the server keeps for itself. */
const DROPPED = new Set(['managedFields', 'resourceVersion', 'creationTimestamp', 'generateName']);
/** Addresses that the server hands out. */
const HANDED_OUT = new Set(['clusterIP', 'clusterIPs', 'nodePort']);
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * An object without what differs from run to run. A UID becomes the name of what has it, so that it still matters which
 * one stands where.
 */
export function masked(
  object: KubeObject,
  nameOfUid: ReadonlyMap<string, string>,
  namespaces: Readonly<Record<string, string>>,
): unknown {
  const inText = (text: string): string =>
    Object.entries(namespaces)
      .reduce((changed, [namespace, name]) => changed.replaceAll(namespace, name), text)
      .replaceAll(TIME, '(time)')
      .replaceAll(UID, (uid) => nameOfUid.get(uid) ?? '(unknown UID)');
  const inValue = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return byType(value.map(inValue));
    if (!isMap(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !DROPPED.has(name))
        .map(([name, inner]) => [
          name,
          HANDED_OUT.has(name) && inner !== 'None' ? '(given)' : inValue(inner),
        ]),
    );
  };
  return inValue(withReadableData(object));
}

/** Conditions are a map by type: their order says nothing. */
function byType(items: readonly unknown[]): readonly unknown[] {
  const type = (item: unknown): string =>
    isMap(item) && typeof item['type'] === 'string' && 'lastTransitionTime' in item ? item['type'] : '';
  return items.toSorted((a, b) => type(a).localeCompare(type(b)));
}

/** Keys and certificates are made anew each time; that they are there is what counts. The job in them is read. */
function withReadableData(object: KubeObject): KubeObject {
  if (!('data' in object) || !isMap(object.data)) return object;
  const data = Object.entries(object.data).map(([name, value]) => [
    name,
    name === 'job.json' ? Buffer.from(String(value), 'base64').toString() : '(secret)',
  ]);
  return { ...object, data: Object.fromEntries(data) } as KubeObject;
}
