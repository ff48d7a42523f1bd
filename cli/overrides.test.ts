import { describe, expect, test } from '@jest/globals';
import { parseJob } from '../crds/parse.ts';
import { withOverrides } from './overrides.ts';
import { jobText } from './testing/cli-fixture.ts';

describe('overrides of the command line', () => {
  test('without any the text stays as it is, to the byte', () => {
    expect(withOverrides('a:   {b: 1} # odd\n', {})).toBe('a:   {b: 1} # odd\n');
  });

  test('each lands in its field, also where the file has no such block', () => {
    const text = withOverrides(jobText(), { workers: 4, backend: 'wasm', codec: 'float16' });
    const { spec } = parseJob(text, 'job.yaml');
    expect(spec.workers).toMatchObject({ replicas: 4, backend: 'wasm' });
    expect(spec.compression.codec).toBe('float16');
  });

  test('epochs replace steps, and steps epochs', () => {
    const epochs = withOverrides(jobText(), { epochs: 3 });
    expect(parseJob(epochs, 'job.yaml').spec.training).toMatchObject({ epochs: 3 });
    expect(parseJob(epochs, 'job.yaml').spec.training.steps).toBeUndefined();
    const steps = parseJob(withOverrides(epochs, { steps: 5 }), 'job.yaml').spec.training;
    expect([steps.steps, steps.epochs]).toEqual([5, undefined]);
  });

  test('broken YAML is left to the parser', () => {
    expect(withOverrides('spec: {', { workers: 2 })).toBe('spec: {');
  });

  test('a file that is no map is left to the parser', () => {
    expect(withOverrides('just text', { workers: 2 })).toBe('just text');
    expect(withOverrides('spec: text', { workers: 2 })).toBe('spec: text');
  });
});
