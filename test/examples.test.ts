import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJob, unsupportedFields } from '../crds/index.ts';
import { openBackend } from '../trainer/compute/backend.ts';
import { createModelRuntime } from '../trainer/compute/model-runtime.ts';
import { createDataSource } from '../trainer/data/datasets.ts';
import { createProgramContext } from '../trainer/programs/context.ts';
import { loadDataset } from '../trainer/programs/load-dataset.ts';
import { loadProgram } from '../trainer/programs/load.ts';

const root = fileURLToPath(new URL('../examples', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);
const { backend } = await openBackend('wasm', { threads: 1 });

describe.each(files)('examples/%s', (name) => {
  const file = join(root, name);
  const job = parseJob(readFileSync(file, 'utf8'), file);

  test('is a job of which every field works', () => {
    expect(unsupportedFields(job)).toEqual([]);
  });

  test('builds its model and its data', async () => {
    const { program: reference, data, training } = job.spec;
    const program = await loadProgram(reference, dirname(file));
    const context = createProgramContext({
      tf: backend.tf,
      seed: training.seed,
      parameters: reference.parameters,
      data: createDataSource(data, training.seed, dirname(file)),
    });
    const runtime = await createModelRuntime({ backend, program, context });
    const { test: testPart } = await loadDataset(program, context);
    const { loss, accuracy } = runtime.evaluate(testPart, 20, { from: 0, to: 20 });
    expect(loss).toBeLessThan(10);
    expect(accuracy).toBeGreaterThanOrEqual(0);
    runtime.dispose();
  });
});

test('there is an example of every built-in program and one of a custom one', () => {
  expect(files.sort()).toEqual([
    'cifarnet-synthetic.yaml',
    'custom-program/job.yaml',
    'mnist-lenet.yaml',
    'mnist-logistic.yaml',
    'mnist-mlp.yaml',
  ]);
});
