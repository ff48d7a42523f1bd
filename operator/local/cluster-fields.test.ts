import { describe, expect, test } from '@jest/globals';
import { job } from '../plan/testing/builders.ts';
import { clusterOnlyNote } from './cluster-fields.ts';
import { localJob } from './local-job.ts';

describe('fields that mean something on a cluster alone', () => {
  test('are not spoken of where they are not set', () => {
    expect(clusterOnlyNote(job(1))).toBeUndefined();
  });

  test('are named in one line, and have their defaults in the run', () => {
    const asked = job(
      1,
      'cleanPodPolicy: none',
      'ttlSecondsAfterFinished: 5',
      'managedBy: example.org/other',
    );
    expect(clusterOnlyNote(asked)).toBe(
      'spec.cleanPodPolicy, spec.ttlSecondsAfterFinished, spec.managedBy: no effect in a local run',
    );
    const { spec } = localJob(asked, 'uid-1');
    expect(spec.cleanPodPolicy).toBe('running');
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished');
    expect(spec).not.toHaveProperty('managedBy');
  });

  test('a suspended job is refused, with the way out', () => {
    expect(() => clusterOnlyNote(job(1, 'suspend: true'))).toThrow(/spec\.suspend is true.*set it to false/);
  });
});
