import { describe, expect, test } from '@jest/globals';
import { nodeAt } from './schema-tree.ts';
import { resolvedExample } from './testing/example-job.ts';
import { notYet, unsupportedFields } from './unsupported.ts';

type Changes = Parameters<typeof resolvedExample>[0];

const asked: Record<string, Changes> = {
  gang: { gang: { scheduler: 'volcano' } },
};

describe('Fields that do not work yet', () => {
  test.each(notYet)('are refused by name when asked for: $path', ({ path }) => {
    const changes = asked[path];
    expect(changes).toBeDefined();
    const problems = unsupportedFields(resolvedExample(changes));
    expect(problems.map((problem) => problem.path)).toEqual([`spec.${path}`]);
    expect(problems[0]?.message).toMatch(/^not supported yet; /);
  });

  test.each(notYet)('are fields of the schema: $path', ({ path }) => {
    expect(nodeAt(['spec', ...path.split('.')])).toBeDefined();
  });

  test('pass with their defaults, also when those are spelled out', () => {
    const job = resolvedExample({
      workers: { gpusPerWorker: 0 },
    });
    expect(unsupportedFields(job)).toEqual([]);
  });
});

describe('Fields that work', () => {
  test.each<[string, Changes]>([
    ['workers', { workers: { replicas: 2, backend: 'wasm', threads: 2, gpusPerWorker: 1 } }],
    ['elastic', { workers: { replicas: 2, elastic: { minReplicas: 1, maxReplicas: 3 } } }],
    ['template', { workers: { template: { image: 'example/worker' } } }],
    [
      'program',
      { program: { name: undefined, path: 'p.js', configMap: { name: 'p' }, parameters: { a: 1 } } },
    ],
    ['data', { data: { name: 'cifar10', path: 'd', trainLimit: 10, testLimit: 10 } }],
    ['training', { training: { optimizer: { name: 'adam' }, ema: { decay: 0.99 }, weightDecay: 0.1 } }],
    ['compression', { compression: { codec: 'float16', floatEpochs: 2 } }],
    ['smoothOut', { smoothOut: { strength: 0.01 } }],
    ['checkpoint', { checkpoint: { directory: 'c' } }],
    ['output', { output: { path: 'model' } }],
    ['exchange', { exchange: { chunkValues: 80, peerLossSeconds: 1 } }],
    ['tls', { tls: { enabled: false } }],
    [
      'failurePolicy',
      {
        failurePolicy: {
          rules: [{ action: 'ignore', exitCodes: [1] }],
          backoffLimit: 1,
          backoff: { initialSeconds: 1 },
        },
      },
    ],
    ['successPolicy', { successPolicy: { when: 'minimum', count: 1 } }],
    ['deadlines', { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, progressDeadlineSeconds: 60 }],
    ['the end', { cleanPodPolicy: 'all', ttlSecondsAfterFinished: 0 }],
    ['suspend', { suspend: true }],
    ['managedBy', { managedBy: 'kueue.x-k8s.io/multikueue' }],
  ])('are not refused: %s', (_block, changes) => {
    expect(unsupportedFields(resolvedExample(changes))).toEqual([]);
  });
});
