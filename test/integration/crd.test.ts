import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { openApiSchema } from '../../crds/crd.ts';
import { parseJob, resolveJob, type ResolvedJob } from '../../crds/index.ts';
import { API_VERSION, KIND } from '../../crds/job.ts';
import { checkJob } from '../../crds/resolve.ts';
import { arbitraryOf } from '../../crds/testing/arbitrary.ts';
import { exampleJob } from '../../crds/testing/example-job.ts';
import { ruleCases } from '../../crds/testing/rule-cases.ts';
import { isMap } from '../../crds/values.ts';
import { type RunningApiServer, startApiServer } from './api-server.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

const JOBS = '/apis/terngrad.dev/v1alpha1/namespaces/default/terngradjobs';
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const examples = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .toSorted();

interface Blame {
  readonly field: string;
  readonly message: string;
}

describeOnApiServer('A real API server with the CRD', () => {
  let server: RunningApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  }, START_LIMIT_MS);
  afterAll(async () => server.stop());

  let made = 0;
  const named = (changes: Parameters<typeof exampleJob>[0] = {}) =>
    exampleJob(changes, { name: `job-${(made += 1)}` });

  test('takes the CRD without complaint', async () => {
    const { body } = await server.client.get(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/terngradjobs.terngrad.dev',
    );
    // The shape of a CustomResourceDefinition.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { conditions } = (body as { status: { conditions: { type: string; status: string }[] } }).status;
    expect(Object.fromEntries(conditions.map(({ type, status }) => [type, status]))).toEqual({
      Established: 'True',
      NamesAccepted: 'True',
    });
  });

  describe('judges the rules between fields as our parser does:', () => {
    test.each(ruleCases.filter(({ blamed }) => blamed === undefined))('allows $what', async ({ spec }) => {
      expect((await server.client.create(JOBS, named(spec))).status).toBe(201);
    });

    test.each(ruleCases.filter(({ blamed }) => blamed !== undefined))(
      'refuses $what, blames $blamed and says what would be right',
      async ({ spec, blamed }) => {
        const job = named(spec);
        const { status, body } = await server.client.create(JOBS, job);
        expect(status).toBe(422);
        const blames = blamesOf(body);
        expect(blames.map(({ field }) => field)).toEqual([blamed]);
        const [blame] = blames;
        expect(refusalOf(job).some((message) => blame?.message.endsWith(message))).toBe(true);
      },
    );

    test('any block of any content', async () => {
      const spec = openApiSchema().properties?.['spec']?.properties ?? {};
      const anyBlock = fc.oneof(
        ...Object.entries(spec).map(([name, node]) => arbitraryOf(node).map((value) => ({ [name]: value }))),
      );
      await fc.assert(
        fc.asyncProperty(anyBlock, async (block) => {
          const job = exampleJob(block, { name: 'any' });
          const { status } = await server.client.create(`${JOBS}?dryRun=All`, job);
          expect({ accepted: status === 201 }).toEqual({ accepted: checkJob(job).valid });
        }),
        { numRuns: 100 },
      );
    });
  });

  test.each(['.', 'a.b', 'Upper', '1st', `a${'b'.repeat(63)}`])('refuses the name %p', async (name) => {
    const { status } = await server.client.create(JOBS, exampleJob({}, { name }));
    expect(status).toBe(422);
  });

  test('takes a name of 63 characters', async () => {
    const name = `a${'b'.repeat(62)}`;
    expect((await server.client.create(JOBS, exampleJob({}, { name }))).status).toBe(201);
  });

  describe.each(examples)('has examples/%s', (name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8');
    const job = parseJob(text, name);

    test('with the defaults that our parser fills in, and back', async () => {
      const written: unknown = parseYaml(text);
      server.kubectl('apply', '--validate=strict', '-f', join(EXAMPLES, name));
      const { body } = await server.client.get(`${JOBS}/${job.metadata.name}`);
      expect(specOf(body)).toEqual(expectedSpec(job, written));
      expect(resolveJob(body, name).spec).toEqual(job.spec);
      const saved = server.kubectl('get', 'tgj', job.metadata.name, '-o', 'yaml');
      expect(parseJob(saved, 'saved.yaml').spec).toEqual(job.spec);
    });
  });

  test('fills in the defaults of the smallest job', async () => {
    const job = named();
    const { body } = await server.client.create(JOBS, job);
    expect(specOf(body)).toEqual(expectedSpec(resolveJob(job, 'job'), job));
  });

  test('refuses a misspelt field, when kubectl asks for strictness as it does by default', async () => {
    const job = named({ training: { step: 7 } });
    const { status, body } = await server.client.create(`${JOBS}?fieldValidation=Strict`, job);
    expect(status).toBe(400);
    expect(messageOf(body)).toContain('unknown field "spec.training.step"');
  });

  describe('keeps a job as it was created:', () => {
    const path = `${JOBS}/fixed`;
    const elasticPath = `${JOBS}/elastic`;
    beforeAll(async () => {
      await server.client.create(JOBS, exampleJob({}, { name: 'fixed' }));
      const elastic = { replicas: 2, elastic: { minReplicas: 1, maxReplicas: 4 } };
      await server.client.create(JOBS, exampleJob({ workers: elastic }, { name: 'elastic' }));
    });

    test.each([
      ['spec.training', { training: { seed: 9 } }],
      ['spec.workers.backend', { workers: { backend: 'cpu' } }],
      ['spec.workers.replicas', { workers: { replicas: 2 } }],
    ])('refuses to change %s', async (field, spec) => {
      const { status, body } = await server.client.merge(path, { spec });
      expect(status).toBe(422);
      expect(blamesOf(body)).toEqual([
        expect.objectContaining({ field, message: expect.stringContaining('create a new job instead') }),
      ]);
    });

    test('but lets it be suspended', async () => {
      expect((await server.client.merge(path, { spec: { suspend: true } })).status).toBe(200);
    });

    test('scales an elastic job through the scale subresource, within its bounds', async () => {
      const scale = `${elasticPath}/scale`;
      expect((await server.client.merge(scale, { spec: { replicas: 4 } })).status).toBe(200);
      const { body } = await server.client.get(elasticPath);
      expect(specOf(body)).toMatchObject({ workers: { replicas: 4 } });
      expect((await server.client.merge(scale, { spec: { replicas: 5 } })).status).toBe(422);
      expect((await server.client.merge(`${path}/scale`, { spec: { replicas: 2 } })).status).toBe(422);
    });
  });

  describe('shows the status:', () => {
    const path = `${JOBS}/shown`;
    beforeAll(async () => {
      await server.client.create(JOBS, exampleJob({}, { name: 'shown' }));
      const status = {
        state: 'Running',
        workers: 2,
        selector: 'terngrad.dev/job-uid=1',
        restarts: 3,
        generation: 4,
        summary: {
          workers: '2/2',
          step: '24/100',
          progress: '24%',
          eta: '12s',
          loss: '0.31',
          throughput: '5.1k/s',
          saved: '93.6%',
        },
      };
      await server.client.apply(`${path}/status`, { ...identity('shown'), status });
    });

    test('in the columns of kubectl get tgj', () => {
      const [titles, figures] = server.kubectl('get', 'tgj', 'shown').split('\n');
      expect(words(titles)).toEqual([
        'NAME',
        'STATE',
        'WORKERS',
        'STEP',
        'PROGRESS',
        'ETA',
        'LOSS',
        'THROUGHPUT',
        'SAVED',
        'AGE',
      ]);
      expect(words(figures).slice(0, -1)).toEqual([
        'shown',
        'Running',
        '2/2',
        '24/100',
        '24%',
        '12s',
        '0.31',
        '5.1k/s',
        '93.6%',
      ]);
      const wide = words(server.kubectl('get', 'tgj', 'shown', '-o', 'wide').split('\n')[1]);
      expect(wide.slice(-2)).toEqual(['3', '4']);
    });

    test('in the scale subresource', async () => {
      const { body } = await server.client.get(`${path}/scale`);
      expect(body).toMatchObject({
        spec: { replicas: 1 },
        status: { replicas: 2, selector: 'terngrad.dev/job-uid=1' },
      });
    });

    test('which cannot be written with the job, and with which the job cannot be written', async () => {
      await server.client.merge(path, { status: { state: 'Failed' } });
      await server.client.merge(`${path}/status`, { spec: { suspend: true } });
      const { body } = await server.client.get(path);
      expect(body).toMatchObject({ spec: { suspend: false }, status: { state: 'Running' } });
    });

    test('and refuses one that no job can have', async () => {
      const { status, body } = await server.client.merge(`${path}/status`, { status: { state: 'Fine' } });
      expect(status).toBe(422);
      expect(blamesOf(body)[0]?.field).toBe('status.state');
    });
  });

  test('lets nobody in whom no rule lets in', async () => {
    const { status } = await server.client.as('somebody').get(JOBS);
    expect(status).toBe(403);
  });
});

function words(line: string | undefined): readonly string[] {
  return (line ?? '').split(/ {2,}/).map((word) => word.trim());
}

function identity(name: string): Record<string, unknown> {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name } };
}

/** What our parser says about the same job. */
function refusalOf(job: unknown): readonly string[] {
  const checked = checkJob(job);
  return checked.valid ? [] : checked.findings.map(({ message }) => message);
}

function specOf(body: unknown): unknown {
  return isMap(body) ? body['spec'] : undefined;
}

function messageOf(body: unknown): unknown {
  return isMap(body) ? body['message'] : undefined;
}

/** The fields that a refusal blames. */
function blamesOf(body: unknown): readonly Blame[] {
  // The shape of a Status.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (body as { details?: { causes?: Blame[] } }).details?.causes ?? [];
}

/** What the server should have made of a job: the data set's name depends on the program, so only we fill it in. */
function expectedSpec(job: ResolvedJob, written: unknown): Record<string, unknown> {
  const spec = specOf(written);
  const data = isMap(spec) && isMap(spec['data']) ? spec['data'] : {};
  const { name: _name, ...rest } = job.spec.data;
  return { ...job.spec, data: data['name'] === undefined ? rest : job.spec.data };
}
