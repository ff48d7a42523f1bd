import { describe, expect, test } from '@jest/globals';
import { resolvedExample } from './testing/example-job.ts';

describe('The defaults of a job', () => {
  test('are those of the reference page, every one', () => {
    expect(resolvedExample()).toEqual({
      apiVersion: 'terngrad.dev/v1alpha1',
      kind: 'TernGradJob',
      metadata: { name: 'example', namespace: 'default' },
      spec: {
        workers: { replicas: 1, gpusPerWorker: 0, backend: 'auto', threads: 1 },
        program: { name: 'lenet', parameters: {} },
        data: { name: 'mnist', syntheticExamples: 4096 },
        training: {
          steps: 100,
          batchSize: 64,
          seed: 1,
          optimizer: { name: 'momentum', momentum: 0.9, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.9 },
          learningRate: {
            initial: 0.01,
            schedule: 'constant',
            final: 0,
            power: 0.5,
            decayRate: 0.1,
            boundaries: [],
            warmupSteps: 0,
          },
          weightDecay: 0,
          evaluation: { everySteps: 0, batchSize: 500 },
          ema: { decay: 0 },
        },
        compression: {
          codec: 'ternary',
          clip: 2.5,
          scaler: 'shared',
          scalerMargin: 1.2,
          scalerTiming: 'current',
          scalerScope: 'tensor',
          packing: 'base3',
          exempt: { belowElements: 1024, lastLayer: false, tensors: [] },
          exemptFormat: 'float32',
          floatEpochs: 0,
        },
        smoothOut: { strength: 0, kind: 'uniform', schedule: 'constant' },
        exchange: {
          overlap: false,
          stepDeadlineSeconds: 60,
          formationSeconds: 120,
          peerLossSeconds: 15,
          recoverySeconds: 600,
        },
        tls: { enabled: true },
        failurePolicy: {
          rules: [],
          backoffLimit: 3,
          backoff: { initialSeconds: 10, maxSeconds: 360, resetAfterSeconds: 600 },
        },
        successPolicy: { when: 'rank0' },
        stragglerPolicy: { action: 'warn', ratio: 2, forSeconds: 60 },
        cleanPodPolicy: 'running',
        suspend: false,
      },
    });
  });

  test('fill the optional blocks that a job names', () => {
    const { spec } = resolvedExample({
      training: { batchSize: 64 },
      workers: { elastic: { minReplicas: 1, maxReplicas: 2 } },
      checkpoint: { directory: 'checkpoints' },
      output: { path: 'model.safetensors' },
      gang: { scheduler: 'kueue', queue: 'team-a' },
    });
    expect(spec.workers.elastic).toEqual({ minReplicas: 1, maxReplicas: 2, graceSeconds: 30 });
    expect(spec.checkpoint).toEqual({ directory: 'checkpoints', everySteps: 0, everySeconds: 600, keep: 3 });
    expect(spec.output).toEqual({ path: 'model.safetensors', format: 'safetensors' });
    expect(spec.gang).toEqual({ scheduler: 'kueue', queue: 'team-a', timeoutSeconds: 600 });
  });

  test.each([
    [{ name: 'lenet' }, 'mnist'],
    [{ name: 'mlp' }, 'mnist'],
    [{ name: 'logistic' }, 'mnist'],
    [{ name: undefined, path: 'my-program.js' }, 'program'],
  ])('take the data set from the program %j: %s', (program, expected) => {
    expect(resolvedExample({ program }).spec.data.name).toBe(expected);
  });

  test('take CIFAR-10 for cifarnet', () => {
    const { spec } = resolvedExample({ program: { name: 'cifarnet' }, data: { path: '/data/cifar' } });
    expect(spec.data).toEqual({ name: 'cifar10', path: '/data/cifar', syntheticExamples: 4096 });
  });

  test('leave a named data set alone', () => {
    expect(
      resolvedExample({ program: { name: 'cifarnet' }, data: { name: 'synthetic' } }).spec.data.name,
    ).toBe('synthetic');
  });
});

describe('A pod template', () => {
  test('takes quantities as text or as whole numbers and hands them on as text', () => {
    const { spec } = resolvedExample({
      workers: { template: { resources: { requests: { cpu: 2, memory: '1Gi' }, limits: { cpu: '500m' } } } },
    });
    expect(spec.workers.template?.resources).toEqual({
      requests: { cpu: '2', memory: '1Gi' },
      limits: { cpu: '500m' },
    });
  });

  test.each([
    'hostNetwork',
    'hostPID',
    'serviceAccountName',
    'securityContext',
    'containers',
    'initContainers',
    'hostAliases',
  ])('has no %s', (field) => {
    expect(() => resolvedExample({ workers: { template: { [field]: {} } } })).toThrow('unknown field');
  });

  test('has no volume of the host', () => {
    const volumes = [{ name: 'root', hostPath: { path: '/' } }];
    expect(() => resolvedExample({ workers: { template: { volumes } } })).toThrow('unknown field');
  });
});
