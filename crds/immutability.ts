import type { SchemaNode } from './schema-tree.ts';

/** The only fields that may change after creation. `workers.replicas` does so within the bounds of `workers.elastic`. */
export const mutableFields = ['workers.replicas', 'suspend'] as const;

type Validation = NonNullable<SchemaNode['x-kubernetes-validations']>[number];

/** A transition rule per field of `spec`: every block is fixed as a whole, except that replicas may change. */
export function immutabilityRules(spec: SchemaNode): Validation[] {
  return Object.keys(spec.properties ?? {})
    .filter((name) => name !== 'suspend' && name !== 'workers')
    .map((name) => fixed(name, spec));
}

/** The same within `spec.workers`. */
export function workerImmutabilityRules(workers: SchemaNode): Validation[] {
  const others = Object.keys(workers.properties ?? {}).filter((name) => name !== 'replicas');
  return [
    ...others.map((name) => fixed(name, workers)),
    {
      rule: 'self.replicas == oldSelf.replicas || has(self.elastic)',
      message: "can be changed only in a job with 'workers.elastic'; create a new job instead",
      fieldPath: '.replicas',
      reason: 'FieldValueForbidden',
    },
  ];
}

function fixed(name: string, parent: SchemaNode): Validation {
  const alwaysThere =
    parent.properties?.[name]?.default !== undefined || parent.required?.includes(name) === true;
  const unchanged = `self.${name} == oldSelf.${name}`;
  return {
    rule: alwaysThere
      ? unchanged
      : `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || ${unchanged})`,
    message: 'cannot be changed after creation; create a new job instead',
    fieldPath: `.${name}`,
    reason: 'FieldValueForbidden',
  };
}
