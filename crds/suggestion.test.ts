import { describe, expect, test } from '@jest/globals';
import { closest, suggestField } from './suggestion.ts';

const words = ['replicas', 'backend', 'threads', 'elastic'];

describe('The closest word', () => {
  test.each([
    ['replica', 'replicas'],
    ['Replicas', 'replicas'],
    ['relpicas', 'replicas'],
    ['bakend', 'backend'],
    ['thread', 'threads'],
    ['elastik', 'elastic'],
  ])('to %s is %s', (word, expected) => {
    expect(closest(word, words)).toBe(expected);
  });

  test.each(['gpu', 'x', '', 'nodes'])('to %j is none of ours', (word) => {
    expect(closest(word, words)).toBeUndefined();
  });

  test('of two equally close ones is the first', () => {
    expect(closest('beta', ['beta1', 'beta2'])).toBe('beta1');
  });
});

describe('A suggestion for an unknown field', () => {
  test.each([
    [['spec'], 'trainig', "; did you mean 'training'?"],
    [['spec', 'training'], 'codec', "; did you mean 'spec.compression.codec'?"],
    [['spec'], 'replicas', "; did you mean 'spec.workers.replicas'?"],
    [['spec', 'tls'], 'certificate', "; 'spec.tls' has enabled"],
    [[], 'colour', '; A job has apiVersion, kind, metadata, spec'],
  ])('below %j called %s is %s', (parent, key, expected) => {
    expect(suggestField(parent, key)).toBe(expected);
  });
});
