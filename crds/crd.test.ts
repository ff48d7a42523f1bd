import { describe, expect, test } from '@jest/globals';
import { customResourceDefinition, openApiSchema } from './crd.ts';
import { mutableFields } from './immutability.ts';
import { checkJob } from './resolve.ts';
import { fieldsOf, nodeAt, type SchemaNode } from './schema-tree.ts';
import { exampleJob } from './testing/example-job.ts';

interface Visited {
  readonly path: string;
  readonly node: SchemaNode;
}

const schema = openApiSchema();
const nodes = walk(schema, '');

/** Every node, also the items of lists and the values of maps. */
function walk(node: SchemaNode, path: string): Visited[] {
  return [
    { path, node },
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => walk(child, `${path}.${name}`)),
    ...(node.items === undefined ? [] : walk(node.items, `${path}[]`)),
    ...(node.additionalProperties === undefined ? [] : walk(node.additionalProperties, `${path}{}`)),
  ];
}

/** The paths of the nodes that break a property; a failing test then names them. */
function pathsWhere(isBroken: (node: SchemaNode, path: string) => boolean): string[] {
  return nodes.filter(({ node, path }) => isBroken(node, path)).map(({ path }) => path);
}

function isUnboundedList(node: SchemaNode): boolean {
  return node.type === 'array' && node.maxItems === undefined;
}

function isUnboundedMap(node: SchemaNode): boolean {
  return node.additionalProperties !== undefined && node.maxProperties === undefined;
}

function isUnboundedText(node: SchemaNode): boolean {
  return node.type === 'string' && node.enum === undefined && node.maxLength === undefined;
}

function lacksRequiredKey({ items, 'x-kubernetes-list-map-keys': keys = [] }: SchemaNode): boolean {
  return keys.some((key) => items?.required?.includes(key) !== true);
}

describe('The schema of the CRD is structural', () => {
  test.each([
    'oneOf',
    'anyOf',
    'allOf',
    'not',
    '$ref',
    'nullable',
    'const',
    'definitions',
    '$schema',
    'propertyNames',
  ])('without %s', (keyword) => {
    expect(pathsWhere((node) => keyword in node)).toEqual([]);
  });

  test('with a type at every node, or a name for having two', () => {
    const untyped = pathsWhere(
      (node) => node.type === undefined && node['x-kubernetes-int-or-string'] !== true,
    );
    expect(untyped).toEqual([]);
  });

  test('with fields or free keys, never both', () => {
    expect(
      pathsWhere((node) => node.properties !== undefined && node.additionalProperties !== undefined),
    ).toEqual([]);
    expect(pathsWhere((node) => typeof node.additionalProperties === 'boolean')).toEqual([]);
  });

  test('with unknown fields kept in the parameters of the program alone', () => {
    expect(pathsWhere((node) => node['x-kubernetes-preserve-unknown-fields'] === true)).toEqual([
      '.spec.program.parameters',
    ]);
  });

  test('with a bound on every list, every map and every text', () => {
    expect(pathsWhere(isUnboundedList)).toEqual([]);
    expect(pathsWhere(isUnboundedMap)).toEqual([]);
    expect(pathsWhere(isUnboundedText)).toEqual(['.apiVersion', '.kind']);
  });

  test('with a list type for every list, and map keys that are required', () => {
    const untyped = pathsWhere(
      (node) => node.type === 'array' && node['x-kubernetes-list-type'] === undefined,
    );
    expect(untyped).toEqual([]);
    expect(pathsWhere(lacksRequiredKey)).toEqual([]);
  });

  test('with patterns that RE2 has too', () => {
    expect(pathsWhere((node) => /\(\?[=!<]|\\[1-9]/.test(node.pattern ?? ''))).toEqual([]);
  });

  test('small enough for client-side apply, which keeps a copy in an annotation', () => {
    expect(JSON.stringify(customResourceDefinition()).length).toBeLessThan(200_000);
  });
});

describe('The CEL rules', () => {
  const withRules = nodes.flatMap(({ path, node }) =>
    (node['x-kubernetes-validations'] ?? []).map((validation) => ({ path, node, ...validation })),
  );

  test('loop only over bounded lists and maps, at most two deep, so that their cost is bounded', () => {
    for (const { rule } of withRules) {
      expect((rule.match(/\.(all|exists|exists_one|filter|map)\(/g) ?? []).length).toBeLessThanOrEqual(2);
    }
  });

  test('run on the default of a block before the defaults below it are filled in, so blocks write them out', () => {
    const blocks = nodes.filter(
      ({ node }) => node.type === 'object' && node.default !== undefined && node.properties,
    );
    for (const { path, node } of blocks) {
      const defaulted = Object.entries(node.properties ?? {}).filter(
        ([, child]) => child.default !== undefined,
      );
      expect({ path, names: Object.keys(node.default ?? {}).toSorted() }).toEqual({
        path,
        names: defaulted.map(([name]) => name).toSorted(),
      });
    }
  });

  test('have a message of one line that starts in lower case, after the path of the field', () => {
    for (const { message } of withRules) expect(message).toMatch(/^[a-z'][^\n]{5,300}$/);
  });

  test('fix every field of the spec but replicas and suspend', () => {
    const fixed = withRules
      .filter(({ rule }) => rule.includes('oldSelf'))
      .map(({ path, fieldPath }) => `${path}${fieldPath}`);
    const spec = schema.properties?.['spec']?.properties ?? {};
    const workers = spec['workers']?.properties ?? {};
    const expected = [
      ...Object.keys(spec)
        .filter((name) => name !== 'workers' && name !== 'suspend')
        .map((name) => `.spec.${name}`),
      ...Object.keys(workers).map((name) => `.spec.workers.${name}`),
    ];
    expect(fixed.toSorted()).toEqual(expected.toSorted());
    expect(mutableFields).toEqual(['workers.replicas', 'suspend']);
  });

  test('of replicas allow changes in an elastic job only', () => {
    const replicas = withRules.find(
      ({ fieldPath, rule }) => fieldPath === '.replicas' && rule.includes('oldSelf'),
    );
    expect(replicas?.rule).toBe('self.replicas == oldSelf.replicas || has(self.elastic)');
  });
});

describe('The CRD', () => {
  test('shows columns and scales by paths that its schema has', () => {
    const paths = JSON.stringify(customResourceDefinition()).matchAll(
      /"(?:\w+Path)":"(\.(?:status|spec)\.[^"]+)"/g,
    );
    const missing = [...paths]
      .map(([, path = '']) => path.split('.').slice(1))
      .filter((segments) => nodeAt(segments, schema) === undefined);
    expect(missing).toEqual([]);
  });

  test('shows the columns that people look for, in this order', () => {
    const columns = [
      ...JSON.stringify(customResourceDefinition()).matchAll(/"name":"(\w+)","type":"\w+","jsonPath"/g),
    ];
    expect(columns.map(([, name]) => name)).toEqual([
      'State',
      'Workers',
      'Step',
      'Progress',
      'ETA',
      'Loss',
      'Throughput',
      'Saved',
      'Age',
      'Restarts',
      'Generation',
    ]);
  });

  test('says of every field what it means', () => {
    const silent = fieldsOf(schema).filter(
      ({ path, node }) => path !== 'metadata' && (node.description ?? '').length < 5,
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test('says the unit of every field that is a time', () => {
    const times = fieldsOf(schema).filter(({ path }) => path.endsWith('Seconds'));
    expect(times.length).toBeGreaterThan(10);
    expect(
      times.filter(({ node }) => !/seconds/i.test(node.description ?? '')).map(({ path }) => path),
    ).toEqual([]);
  });

  test('has the defaults that the parser fills in', () => {
    const checked = checkJob(exampleJob());
    const spec = schema.properties?.['spec'];
    const defaults = Object.entries(spec?.properties ?? {}).filter(([, node]) => node.default !== undefined);
    expect(checked.valid && checked.job.spec).toMatchObject(
      Object.fromEntries(defaults.map(([name, node]) => [name, node.default])),
    );
  });
});
