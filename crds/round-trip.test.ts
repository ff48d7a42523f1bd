import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { API_VERSION, jobSchema, jobSpecSchema, KIND } from './job.ts';
import { parseJob } from './parse.ts';
import { resolveJob } from './resolve.ts';
import { structuralSchema, type SchemaNode } from './schema-tree.ts';
import { arbitraryOf } from './testing/arbitrary.ts';
import { isMap } from './values.ts';
import { readYaml } from './yaml-file.ts';

const specNode = structuralSchema(jobSpecSchema);
const asJob = (spec: unknown) => ({ apiVersion: API_VERSION, kind: KIND, metadata: { name: 'any' }, spec });
const anyJob = arbitraryOf(specNode).map(asJob);

/** Jobs that also keep the rules between fields: blocks with such rules are replaced by ones that keep them. */
const anyValidJob = fc
  .record({
    spec: arbitraryOf(
      without(specNode, [
        'workers',
        'program',
        'training',
        'compression',
        'exchange',
        'failurePolicy',
        'successPolicy',
        'checkpoint',
      ]),
    ),
    template: arbitraryOf(
      without(blockOf(specNode, 'workers', 'template'), [
        'labels',
        'annotations',
        'resources',
        'env',
        'volumes',
        'volumeMounts',
        'resourceClaims',
      ]),
    ),
    training: arbitraryOf(
      without(blockOf(specNode, 'training'), ['steps', 'epochs', 'learningRate', 'batchSize']),
    ),
    compression: arbitraryOf(without(blockOf(specNode, 'compression'), ['scalerTiming'])),
    exchange: arbitraryOf(without(blockOf(specNode, 'exchange'), ['overlap'])),
    parameters: arbitraryOf(blockOf(specNode, 'program', 'parameters')),
    batchSize: fc.integer({ min: 16, max: 4096 }),
    replicas: fc.integer({ min: 1, max: 16 }),
    length: fc.constantFrom({ steps: 10 }, { epochs: 3 }),
    program: fc.constantFrom({ name: 'lenet' }, { path: 'mine.js' }),
  })
  .map(
    ({
      spec,
      template,
      training,
      compression,
      exchange,
      parameters,
      batchSize,
      replicas,
      length,
      program,
    }) => {
      const rest = isMap(spec) ? spec : {};
      return asJob({
        ...rest,
        data: { path: 'data', ...(isMap(rest['data']) ? rest['data'] : {}), name: 'synthetic' },
        workers: { replicas, template },
        program: { ...program, parameters },
        compression,
        exchange,
        training: { ...(isMap(training) ? training : {}), ...length, batchSize },
      });
    },
  );

function blockOf(node: SchemaNode, ...path: string[]): SchemaNode {
  const found = path.reduce<SchemaNode | undefined>((parent, name) => parent?.properties?.[name], node);
  if (found === undefined) throw new Error(`the schema has no ${path.join('.')}`);
  return found;
}

function without(node: SchemaNode, names: readonly string[]): SchemaNode {
  const properties = Object.entries(node.properties ?? {}).filter(([name]) => !names.includes(name));
  const required = node.required?.filter((name) => !names.includes(name)) ?? [];
  return { ...node, required, properties: Object.fromEntries(properties) };
}

describe('Any job that fits the schema', () => {
  test('is accepted field by field', () => {
    fc.assert(
      fc.property(anyJob, (job) => {
        expect(jobSchema.safeParse(job).error?.issues ?? []).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('says the same after a way through YAML', () => {
    fc.assert(
      fc.property(anyJob, (job) => {
        expect(readYaml(stringify(job), 'job.yaml').value).toEqual(job);
      }),
      { numRuns: 30 },
    );
  });
});

describe('Any valid job', () => {
  test('resolves to a job whose file resolves to the same job: defaults are filled in once', () => {
    fc.assert(
      fc.property(anyValidJob, (job) => {
        const resolved = resolveJob(job, 'generated');
        expect(parseJob(stringify(resolved), 'job.yaml')).toEqual(resolved);
        expect(parseJob(JSON.stringify(resolved), 'job.json')).toEqual(resolved);
      }),
      { numRuns: 30 },
    );
  });
});
