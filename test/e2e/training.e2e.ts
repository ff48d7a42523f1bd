import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { TernGradJob } from '../../crds/index.ts';
import { eventually } from './eventually.ts';
import { lastWords } from './last-words.ts';
import { localRun } from './local-run.ts';
import { ownNamespace } from './namespace.ts';

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const TRAINING_LIMIT_MS = 300_000;

/** A job of the examples, with changes. */
function example(name: string): TernGradJob {
  return parse(readFileSync(file(`examples/${name}`), 'utf8')) as TernGradJob;
}

/** LeNet on MNIST as in the example, in a few dozen steps, by the backend that computes alike everywhere. */
function shortLeNet(): TernGradJob {
  const job = example('mnist-lenet.yaml');
  const { epochs: _epochs, ...training } = job.spec.training ?? {};
  return {
    ...job,
    spec: {
      ...job.spec,
      workers: { ...job.spec.workers, backend: 'wasm' },
      training: { ...training, steps: 40 },
      data: { name: 'mnist', testLimit: 1000 },
    },
  };
}

describe('The LeNet example', () => {
  const { cluster, jobs } = ownNamespace('e2e-training');
  const job = shortLeNet();
  const { name } = job.metadata;
  const table = () => cluster.kubectl(['get', 'tgj', name, '-n', jobs.namespace]);

  test(
    'is applied as it is for `terngrad run`, and trains to Succeeded',
    async () => {
      cluster.kubectl(['apply', '-n', jobs.namespace, '-f', '-'], stringify(job));
      await jobs.untilState(name, 'Running', 120_000);
      expect(table()).toMatch(/Running\s+2\/2/);
      const { status } = await jobs.untilState(name, 'Succeeded', TRAINING_LIMIT_MS);
      expect(status).toMatchObject({ step: 40, totalSteps: 40 });
      expect(status?.testAccuracy).toBeGreaterThan(0.5);
      expect(status?.gradientBytes?.raw).toBeGreaterThan(10 * (status?.gradientBytes?.wire ?? Infinity));
      expect(table()).toMatch(/Succeeded\s+\S+\s+40\/40\s+100%/);
    },
    TRAINING_LIMIT_MS + 130_000,
  );

  test(
    'ends with the weights of `terngrad run`, bit for bit, on every worker',
    async () => {
      const local = await localRun(job);
      const pods = await jobs.untilEndedWell(name, local.weightsHashes.length, TRAINING_LIMIT_MS);
      expect(local.weightsHashes[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(pods.map((pod) => lastWords(pod).weightsHash)).toEqual(local.weightsHashes);
    },
    TRAINING_LIMIT_MS,
  );

  test('leaves the logs of its workers', () => {
    const [first] = cluster.kubectl(['logs', '-n', jobs.namespace, `${name}-worker-0-1`]).split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ level: expect.anything(), msg: expect.any(String) });
  });

  test('says so in events, once per change of state', () => {
    const lines = cluster.kubectl([
      'get',
      'events.events.k8s.io',
      '-n',
      jobs.namespace,
      '-o',
      'jsonpath={range .items[*]}{.regarding.kind} {.reason}{"\\n"}{end}',
    ]);
    const ours = lines.split('\n').filter((line) => line.startsWith('TernGradJob '));
    expect(ours.toSorted()).toEqual(['TernGradJob JobRunning', 'TernGradJob JobSucceeded']);
  });

  test('nothing of a deleted job remains', async () => {
    expect(await jobs.belongings(name)).not.toEqual([]);
    await jobs.delete(name);
    await eventually('nothing is left', 30_000, async () =>
      (await jobs.belongings(name)).length === 0 ? true : undefined,
    );
  }, 40_000);
});

describe('The custom program of the examples', () => {
  const { cluster, jobs } = ownNamespace('e2e-program');

  test(
    'runs from a ConfigMap, and shows its figures to Prometheus while it does',
    async () => {
      const source = file('examples/custom-program/spirals.mjs');
      cluster.kubectl(['create', 'configmap', 'spirals', '-n', jobs.namespace, `--from-file=${source}`]);
      const job = example('custom-program/job.yaml');
      await jobs.create({
        ...job,
        spec: {
          ...job.spec,
          program: { ...job.spec.program, configMap: { name: 'spirals' } },
          training: { ...job.spec.training, epochs: 20 },
        },
      });
      await jobs.untilState('spirals', 'Running', 120_000);
      const worker = `/api/v1/namespaces/${jobs.namespace}/pods/spirals-worker-0-1:8080/proxy/metrics`;
      const steps = await eventually('steps are counted', 60_000, async () => {
        const { body } = await cluster.client.get(worker);
        return /^terngrad_steps_total(?:\{[^}]*\})? ([1-9]\d*)$/m.exec(String(body))?.[1];
      });
      expect(Number(steps)).toBeGreaterThan(0);
      const { status } = await jobs.untilState('spirals', 'Succeeded', TRAINING_LIMIT_MS);
      expect(status?.testAccuracy).toBeGreaterThan(0.9);
    },
    TRAINING_LIMIT_MS + 190_000,
  );
});
