import type { exampleJob } from './example-job.ts';

export interface RuleCase {
  readonly what: string;
  /** Changes of the smallest valid job. */
  readonly spec: NonNullable<Parameters<typeof exampleJob>[0]>;
  /** The field that must be blamed; undefined if the job is valid. */
  readonly blamed?: string;
}

const template = (fields: Record<string, unknown>) => ({ workers: { template: fields } });
const rate = (fields: Record<string, unknown>) => ({ training: { learningRate: fields } });
const elastic = (replicas: number, minReplicas: number, maxReplicas: number) => ({
  workers: { replicas, elastic: { minReplicas, maxReplicas } },
});

/**
 * Both sides of every rule between fields. Our parser and an API server that has the CRD must judge them alike.
 */
export const ruleCases: readonly RuleCase[] = [
  { what: 'the smallest job', spec: {} },
  { what: 'no program', spec: { program: { name: undefined } }, blamed: 'spec.program' },
  { what: 'two programs', spec: { program: { path: 'p.js' } }, blamed: 'spec.program' },
  { what: 'a program of one file', spec: { program: { name: undefined, path: 'p.js' } } },
  {
    what: 'a ConfigMap with its file',
    spec: { program: { name: undefined, path: 'p.js', configMap: { name: 'c' } } },
  },
  {
    what: 'a ConfigMap alone',
    spec: { program: { configMap: { name: 'c' } } },
    blamed: 'spec.program.configMap',
  },
  { what: 'data of a program that has none', spec: { data: { name: 'program' } }, blamed: 'spec.data.name' },
  {
    what: 'data of a program',
    spec: { program: { name: undefined, path: 'p.js' }, data: { name: 'program' } },
  },
  { what: 'CIFAR-10 without files', spec: { data: { name: 'cifar10' } }, blamed: 'spec.data.path' },
  { what: 'CIFAR-10 with files', spec: { data: { name: 'cifar10', path: '/data' } } },
  { what: 'cifarnet without files', spec: { program: { name: 'cifarnet' } }, blamed: 'spec.data.path' },
  { what: 'cifarnet on made-up data', spec: { program: { name: 'cifarnet' }, data: { name: 'synthetic' } } },
  { what: 'no length', spec: { training: { steps: undefined } }, blamed: 'spec.training' },
  { what: 'two lengths', spec: { training: { epochs: 1 } }, blamed: 'spec.training' },
  { what: 'a length in epochs', spec: { training: { steps: undefined, epochs: 1 } } },
  {
    what: 'a warm-up to the end',
    spec: rate({ warmupSteps: 100 }),
    blamed: 'spec.training.learningRate.warmupSteps',
  },
  { what: 'a warm-up that ends', spec: rate({ warmupSteps: 99 }) },
  {
    what: 'steps without boundaries',
    spec: rate({ schedule: 'step' }),
    blamed: 'spec.training.learningRate.boundaries',
  },
  {
    what: 'boundaries without steps',
    spec: rate({ boundaries: [1] }),
    blamed: 'spec.training.learningRate.boundaries',
  },
  {
    what: 'boundaries out of order',
    spec: rate({ schedule: 'step', boundaries: [20, 10] }),
    blamed: 'spec.training.learningRate.boundaries',
  },
  { what: 'boundaries in order', spec: rate({ schedule: 'step', boundaries: [10, 20] }) },
  { what: 'delayed scalers', spec: { compression: { scalerTiming: 'delayed' } } },
  {
    what: 'delayed scalers of one worker each',
    spec: { compression: { scalerTiming: 'delayed', scaler: 'local' } },
    blamed: 'spec.compression.scalerTiming',
  },
  {
    what: 'delayed scalers of no tensor',
    spec: { compression: { scalerTiming: 'delayed', codec: 'float32' } },
    blamed: 'spec.compression.scalerTiming',
  },
  {
    what: 'delayed scalers with a packing that is tried',
    spec: { compression: { scalerTiming: 'delayed', packing: 'auto' } },
    blamed: 'spec.compression.scalerTiming',
  },
  { what: 'overlap with floats', spec: { compression: { codec: 'float16' }, exchange: { overlap: true } } },
  {
    what: 'overlap with delayed scalers',
    spec: { compression: { scalerTiming: 'delayed' }, exchange: { overlap: true } },
  },
  {
    what: 'overlap with scalers of the step',
    spec: { exchange: { overlap: true } },
    blamed: 'spec.exchange.overlap',
  },
  { what: 'bounds the wrong way round', spec: elastic(2, 3, 2), blamed: 'spec.workers.elastic.maxReplicas' },
  { what: 'fewer workers than the bounds', spec: elastic(1, 2, 3), blamed: 'spec.workers.replicas' },
  { what: 'more workers than the bounds', spec: elastic(4, 2, 3), blamed: 'spec.workers.replicas' },
  { what: 'workers within the bounds', spec: elastic(2, 2, 3) },
  {
    what: 'more workers than examples',
    spec: { workers: { replicas: 65 } },
    blamed: 'spec.training.batchSize',
  },
  { what: 'more elastic workers than examples', spec: elastic(2, 1, 65), blamed: 'spec.training.batchSize' },
  { what: 'as many workers as examples', spec: { workers: { replicas: 64 } } },
  {
    what: 'more workers than integer sums hold',
    spec: { workers: { replicas: 256 }, training: { batchSize: 1000 } },
    blamed: 'spec.workers.replicas',
  },
  {
    what: 'more elastic workers than integer sums hold',
    spec: { ...elastic(2, 1, 256), training: { batchSize: 1000 } },
    blamed: 'spec.workers.replicas',
  },
  {
    what: 'as many workers as integer sums hold',
    spec: { workers: { replicas: 255 }, training: { batchSize: 1000 } },
  },
  {
    what: 'many workers with local scalers',
    spec: { workers: { replicas: 256 }, training: { batchSize: 1000 }, compression: { scaler: 'local' } },
  },
  {
    what: 'many workers in float32',
    spec: { workers: { replicas: 256 }, training: { batchSize: 1000 }, compression: { codec: 'float32' } },
  },
  {
    what: 'more workers than integer sums hold, should ternary be chosen',
    spec: { workers: { replicas: 256 }, training: { batchSize: 1000 }, compression: { codec: 'auto' } },
    blamed: 'spec.workers.replicas',
  },
  { what: 'a codec that the workers choose', spec: { compression: { codec: 'auto' } } },
  { what: 'a packing that the workers choose', spec: { compression: { packing: 'auto' } } },
  {
    what: 'elastic workers that choose their packing',
    spec: { ...elastic(2, 2, 3), compression: { packing: 'auto' } },
    blamed: 'spec.compression.packing',
  },
  {
    what: 'elastic workers that choose their codec',
    spec: { ...elastic(2, 2, 3), compression: { codec: 'auto' } },
    blamed: 'spec.compression.codec',
  },
  {
    what: 'our labels',
    spec: template({ labels: { 'terngrad.dev/rank': '0' } }),
    blamed: 'spec.workers.template.labels',
  },
  {
    what: 'our annotations',
    spec: template({ annotations: { 'terngrad.dev/x': '' } }),
    blamed: 'spec.workers.template.annotations',
  },
  { what: 'other labels', spec: template({ labels: { team: 'a' }, annotations: { 'example.com/x': '' } }) },
  {
    what: 'our variables',
    spec: template({ env: [{ name: 'TERNGRAD_RANK', value: '0' }] }),
    blamed: 'spec.workers.template.env[0].name',
  },
  {
    what: 'variables of the device runtime',
    spec: template({ env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' }] }),
    blamed: 'spec.workers.template.env[0].name',
  },
  {
    what: 'our volumes',
    spec: template({ volumes: [{ name: 'terngrad-rank', emptyDir: {} }] }),
    blamed: 'spec.workers.template.volumes[0].name',
  },
  ...['data', '/', '/a:b', '/etc', '/etc/terngrad', '/etc/terngrad/rank', '/opt/terngrad/', '/dev/shm/x'].map(
    (mountPath) => ({
      what: `a mount at ${mountPath}`,
      spec: template({ volumes: [{ name: 'v', emptyDir: {} }], volumeMounts: [{ name: 'v', mountPath }] }),
      blamed: 'spec.workers.template.volumeMounts',
    }),
  ),
  ...['/data', '/tmp', '/opt/terngrad/data', '/etc/ssl/certs', '/opt/data'].map((mountPath) => ({
    what: `a mount at ${mountPath}`,
    spec: template({ volumes: [{ name: 'v', emptyDir: {} }], volumeMounts: [{ name: 'v', mountPath }] }),
  })),
  ...['limits', 'requests'].map((which) => ({
    what: `GPUs among the ${which}`,
    spec: template({ resources: { [which]: { 'nvidia.com/gpu': 1 } } }),
    blamed: 'spec.workers.template.resources',
  })),
  {
    what: 'a slice of a GPU',
    spec: template({ resources: { limits: { 'nvidia.com/mig-1g.10gb': 1 } } }),
  },
  {
    what: 'a variable without value',
    spec: template({ env: [{ name: 'A' }] }),
    blamed: 'spec.workers.template.env[0]',
  },
  {
    what: 'a variable with two values',
    spec: template({ env: [{ name: 'A', value: '', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
    blamed: 'spec.workers.template.env[0]',
  },
  { what: 'an empty variable', spec: template({ env: [{ name: 'A', value: '' }] }) },
  {
    what: 'a volume of nothing',
    spec: template({ volumes: [{ name: 'v' }] }),
    blamed: 'spec.workers.template.volumes[0]',
  },
  {
    what: 'a volume of two things',
    spec: template({ volumes: [{ name: 'v', emptyDir: {}, configMap: { name: 'c' } }] }),
    blamed: 'spec.workers.template.volumes[0]',
  },
  {
    what: 'volumes and their mounts',
    spec: template({
      volumes: [
        { name: 'a', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
        { name: 'b', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
        { name: 'c', secret: { secretName: 's', items: [{ key: 'k', path: 'k' }] } },
      ],
      volumeMounts: [{ name: 'b', mountPath: '/data' }],
    }),
  },
  {
    what: 'a mount of no volume',
    spec: template({
      volumes: [{ name: 'a', emptyDir: {} }],
      volumeMounts: [{ name: 'b', mountPath: '/b' }],
    }),
    blamed: 'spec.workers.template.volumeMounts',
  },
  {
    what: 'a claim of nothing',
    spec: template({ resourceClaims: [{ name: 'gpu' }] }),
    blamed: 'spec.workers.template.resourceClaims[0]',
  },
  {
    what: 'claims and their use',
    spec: template({
      resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }],
      resources: { claims: [{ name: 'gpu' }], requests: { cpu: 2, memory: '1Gi' } },
    }),
  },
  {
    what: 'use of no claim',
    spec: template({ resources: { claims: [{ name: 'gpu' }] } }),
    blamed: 'spec.workers.template.resources.claims',
  },
  {
    what: 'a minimum without count',
    spec: { successPolicy: { when: 'minimum' } },
    blamed: 'spec.successPolicy.count',
  },
  {
    what: 'a count without minimum',
    spec: { successPolicy: { count: 1 } },
    blamed: 'spec.successPolicy.count',
  },
  {
    what: 'a minimum above the number of workers',
    spec: { successPolicy: { when: 'minimum', count: 2 } },
    blamed: 'spec.successPolicy.count',
  },
  { what: 'a minimum', spec: { successPolicy: { when: 'minimum', count: 1 } } },
  {
    what: 'a failure rule that matches nothing',
    spec: { failurePolicy: { rules: [{ action: 'ignore' }] } },
    blamed: 'spec.failurePolicy.rules[0]',
  },
  {
    what: 'a failure rule with two conditions',
    spec: {
      failurePolicy: { rules: [{ action: 'ignore', exitCodes: [1], podCondition: 'DisruptionTarget' }] },
    },
    blamed: 'spec.failurePolicy.rules[0]',
  },
  {
    what: 'failure rules',
    spec: {
      failurePolicy: {
        rules: [
          { action: 'ignore', podCondition: 'DisruptionTarget' },
          { name: 'ours', action: 'failJob', exitCodes: [64, 65] },
        ],
        backoffLimit: 6,
      },
    },
  },
  {
    what: 'a back-off above its own maximum',
    spec: { failurePolicy: { backoff: { initialSeconds: 20, maxSeconds: 10 } } },
    blamed: 'spec.failurePolicy.backoff.maxSeconds',
  },
  {
    what: 'checkpoints that are never written',
    spec: { checkpoint: { directory: 'c', everySeconds: 0 } },
    blamed: 'spec.checkpoint',
  },
  { what: 'checkpoints', spec: { checkpoint: { directory: 'c', everySteps: 100 } } },
];
