import { describe, expect, test } from '@jest/globals';
import { statusSchema, type JobStatus } from './status.ts';

const running: JobStatus = {
  observedGeneration: 1,
  state: 'Running',
  conditions: [
    {
      type: 'Succeeded',
      status: 'Unknown',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'Training',
      message: '4 of 4 workers take part',
    },
  ],
  summary: {
    workers: '4/4',
    step: '10/100',
    progress: '10%',
    eta: '90s',
    loss: '0.31',
    throughput: '5k/s',
    saved: '94%',
  },
  workers: 4,
  selector: 'terngrad.dev/job-uid=5f0c',
  step: 10,
  ranks: [{ rank: 0, attempt: 1, state: 'running', pod: 'example-worker-0-1', step: 10 }],
  failures: [
    {
      uid: 'a',
      rank: 1,
      attempt: 1,
      counted: false,
      reason: 'DisruptionTarget',
      finishedAt: '2026-01-01T00:00:00Z',
    },
  ],
};

describe('A status', () => {
  test('may be empty, as at the first visit', () => {
    expect(statusSchema.parse({})).toEqual({});
  });

  test('holds what kubectl shows and what machines read', () => {
    expect(statusSchema.parse(running)).toEqual(running);
  });

  test('names no state that a reader does not know', () => {
    expect(statusSchema.safeParse({ state: 'Restarted' }).success).toBe(false);
  });
});
