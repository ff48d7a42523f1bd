import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { customResourceDefinition } from './crd.ts';
import { generatedFiles } from './generated-files.ts';

const files = [...generatedFiles()];

test.each(files)('%s is current; if not, run npm run generate', async (path, text) => {
  const committed = await readFile(new URL(`../${path}`, import.meta.url), 'utf8');
  expect(committed).toBe(text);
});

test('The CRD reads back from YAML as what was written', () => {
  const yaml = generatedFiles().get('crds/terngradjob.yaml') ?? '';
  expect(parse(yaml)).toEqual(customResourceDefinition());
});

test('The reference page has a row for every kind of field', () => {
  const page = generatedFiles().get('docs/reference/terngradjob.md') ?? '';
  expect(page).toContain(
    '| `spec.training.batchSize` | whole number of at least 1 | `64` | Examples per step, of all workers together.',
  );
  expect(page).toContain(
    '| `spec.failurePolicy.rules[].action` | one of ignore, count, restartWorker, restartAll, failJob | *required* |',
  );
  expect(page).toContain('| `spec.program.parameters` | any map | `{}` |');
  expect(page).toMatch(/All-or-nothing scheduling: .* \*Not supported yet\.\*/);
  expect(page).toContain("| `spec.training` | must have exactly one of 'steps' and 'epochs' |");
  expect(page).toContain('| `status.ranks[].attempt` |');
});
