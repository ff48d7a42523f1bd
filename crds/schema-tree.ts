import { z } from 'zod';
import { jobSchema } from './job.ts';

/** One node of the OpenAPI v3 schema that zod makes of the job: what parse errors, the CRD and the reference page read. */
export interface SchemaNode {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, SchemaNode>;
  required?: string[];
  /** Values of a map with free keys. */
  additionalProperties?: SchemaNode;
  items?: SchemaNode;
  minimum?: number;
  exclusiveMinimum?: boolean;
  maximum?: number;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  pattern?: string;
  format?: string;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string; fieldPath?: string; reason?: string }[];
}

export type FieldPath = readonly (string | number)[];

/** Turns a zod schema into a structural schema: no unions, no `additionalProperties: false`. Throws on what has none. */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const root = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => makeStructural(jsonSchema),
  });
  // What our own schema can contain, zod's general type does not know; schema-tree.test.ts walks all of it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return root as SchemaNode;
}

function makeStructural(node: Record<string, unknown>): void {
  // Strictness is ours; the API server prunes or refuses unknown fields by itself.
  if (node['additionalProperties'] === false) delete node['additionalProperties'];
  if (node['x-kubernetes-preserve-unknown-fields'] === true) delete node['additionalProperties'];
  if (node['x-kubernetes-int-or-string'] === true) delete node['anyOf'];
  // zod's bounds of a safe integer say nothing to a reader.
  if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum'];
  if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum'];
}

let cachedJobTree: SchemaNode | undefined;

/** The schema of a whole job file. Made at the first call: only errors and generators need it. */
export function jobTree(): SchemaNode {
  cachedJobTree ??= structuralSchema(jobSchema);
  return cachedJobTree;
}

/** The node that describes the value at `path`, or undefined where the schema has no such field. */
export function nodeAt(path: FieldPath, root: SchemaNode = jobTree()): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const segment of path) node = childOf(node, segment);
  return node;
}

function childOf(node: SchemaNode | undefined, segment: string | number): SchemaNode | undefined {
  if (node === undefined) return undefined;
  if (typeof segment === 'number') return node.items;
  const properties = node.properties;
  if (properties !== undefined && Object.hasOwn(properties, segment)) return properties[segment];
  return node.additionalProperties;
}

export interface Field {
  /** `spec.training.batchSize`; list items as `[]`. */
  readonly path: string;
  readonly node: SchemaNode;
  readonly required: boolean;
}

/** Every field below `node`, in the order of the schema. */
export function fieldsOf(node: SchemaNode, path = ''): Field[] {
  const fields: Field[] = [];
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const childPath = path === '' ? name : `${path}.${name}`;
    fields.push({ path: childPath, node: child, required: node.required?.includes(name) ?? false });
    fields.push(...fieldsOf(child, childPath));
  }
  if (node.items?.properties !== undefined) fields.push(...fieldsOf(node.items, `${path}[]`));
  return fields;
}

/** `spec.failurePolicy.rules[0].action` */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `['${segment}']`;
  }
  return text;
}
