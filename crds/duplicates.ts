import type { Finding } from './problem.ts';
import type { FieldPath } from './schema-tree.ts';
import { isMap, valueAt } from './values.ts';

export interface UniqueList {
  /** `[]` stands for each item of a list. */
  readonly path: readonly string[];
  /** By what its items differ; absent: each as a whole. */
  readonly keyField?: string;
}

const template = (...path: readonly string[]): readonly string[] => ['spec', 'workers', 'template', ...path];

/**
 * What the API server treats as a set, or as a map by one of its fields. Written down, since making the schema's tree takes
 * longer than all else that reads a job; a test holds this against it.
 */
export const UNIQUE_LISTS: readonly UniqueList[] = [
  { path: template('imagePullSecrets'), keyField: 'name' },
  { path: template('resources', 'claims'), keyField: 'name' },
  { path: template('env'), keyField: 'name' },
  { path: template('volumes'), keyField: 'name' },
  { path: template('volumeMounts'), keyField: 'mountPath' },
  { path: template('resourceClaims'), keyField: 'name' },
  { path: ['spec', 'training', 'learningRate', 'boundaries'] },
  { path: ['spec', 'compression', 'exempt', 'tensors'] },
  { path: ['spec', 'failurePolicy', 'rules', '[]', 'exitCodes'] },
];

/** Items that stand twice in one of these lists. */
export function duplicateItems(job: unknown): Finding[] {
  return UNIQUE_LISTS.flatMap(({ path, keyField }) =>
    listsAt(job, path, []).flatMap((found) => duplicatesIn(found.list, keyField, found.path)),
  );
}

interface FoundList {
  readonly list: readonly unknown[];
  readonly path: FieldPath;
}

function listsAt(value: unknown, [name, ...rest]: readonly string[], path: FieldPath): FoundList[] {
  if (name === undefined) return Array.isArray(value) ? [{ list: value, path }] : [];
  if (name === '[]') {
    return Array.isArray(value) ? value.flatMap((item, index) => listsAt(item, rest, [...path, index])) : [];
  }
  return isMap(value) && Object.hasOwn(value, name) ? listsAt(value[name], rest, [...path, name]) : [];
}

function duplicatesIn(list: readonly unknown[], keyField: string | undefined, path: FieldPath): Finding[] {
  const seen = new Set<unknown>();
  const findings: Finding[] = [];
  for (const [index, item] of list.entries()) {
    const key = keyField === undefined ? item : valueAt(item, [keyField]);
    const at = keyField === undefined ? [...path, index] : [...path, index, keyField];
    if (key !== undefined && seen.has(key))
      findings.push({ path: at, message: 'stands in the list already' });
    seen.add(key);
  }
  return findings;
}
