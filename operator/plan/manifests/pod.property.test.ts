import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PodTemplate } from '../../../crds/pod-template.ts';
import { podTemplateSchema } from '../../../crds/pod-template.ts';
import { nodeAt } from '../../../crds/schema-tree.ts';
import { arbitraryOf } from '../../../crds/testing/arbitrary.ts';
import { CHILD_LABELS, Label, workerLabels } from './labels.ts';
import { workerPod } from './pod.ts';
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT } from './pod-security.ts';
import { rankFiles } from './rank-secrets.ts';
import { mnistJob } from './testing/cluster-job-fixture.ts';

const worker = { rank: 0, attempt: 1 };
const settings = { trainerImage: 'cpu', trainerGpuImage: 'gpu', logLevel: 'info' };
const ours = workerLabels(mnistJob(), worker);

/** All that a pod of ours may have; `hostNetwork`, `initContainers`, `serviceAccountName` and the like are not here. */
const POD_FIELDS = new Set(
  [
    'affinity automountServiceAccountToken containers enableServiceLinks hostname imagePullSecrets nodeSelector',
    'priorityClassName resourceClaims restartPolicy runtimeClassName schedulerName securityContext subdomain',
    'terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes',
  ].flatMap((line) => line.split(' ')),
);
const CONTAINER_FIELDS = new Set(
  [
    'env image imagePullPolicy livenessProbe name ports readinessProbe resources securityContext startupProbe',
    'terminationMessagePath terminationMessagePolicy volumeMounts',
  ].flatMap((line) => line.split(' ')),
);
const VOLUME_SOURCES = new Set(['name', 'configMap', 'secret', 'emptyDir', 'persistentVolumeClaim']);

/** What of a pod the test looks at. */
interface Spec {
  readonly containers: readonly {
    readonly securityContext: unknown;
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

/** Any template that fits the schema, also one that breaks the rules between fields, and one that tries our names. */
const templates: fc.Arbitrary<PodTemplate> = fc
  .tuple(
    arbitraryOf(nodeAt(['spec', 'workers', 'template']) ?? {}) as fc.Arbitrary<object>,
    fc.record(
      {
        labels: fc.dictionary(fc.constantFrom(...Object.values(Label)), fc.constant('stolen')),
        env: fc.constant([
          { name: 'TERNGRAD_RANK', value: '7' },
          { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
        ]),
        volumes: fc.constant([{ name: 'terngrad-rank', secret: { secretName: 'mnist-ranks-0' } }]),
        volumeMounts: fc.constant([{ name: 'terngrad-rank', mountPath: '/tmp' }]),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([any, hostile]) => podTemplateSchema.parse({ ...any, ...hostile }));

test('no template gives a pod more than a worker may have, or makes it pass for another', () => {
  const job = mnistJob();
  fc.assert(
    fc.property(templates, fc.integer({ min: 0, max: 16 }), (template, gpusPerWorker) => {
      const workers = { ...job.spec.workers, template, gpusPerWorker };
      const pod = workerPod({ ...job, spec: { ...job.spec, workers } }, worker, settings);
      expect(pod.metadata.labels).toMatchObject({ ...ours, ...CHILD_LABELS });
      expect(pod.metadata.ownerReferences).toHaveLength(1);
      expect(Object.keys(pod.spec).filter((field) => !POD_FIELDS.has(field))).toEqual([]);
      expect(pod.spec).toMatchObject({
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        hostname: 'worker-0',
        securityContext: POD_SECURITY_CONTEXT,
      });
      const { containers, volumes } = pod.spec as unknown as Spec;
      expect(containers).toHaveLength(1);
      for (const container of containers) {
        expect(Object.keys(container).filter((field) => !CONTAINER_FIELDS.has(field))).toEqual([]);
        expect(container.securityContext).toBe(CONTAINER_SECURITY_CONTEXT);
        expect(container.env.filter(({ name }) => name === 'TERNGRAD_RANK')).toEqual([
          { name: 'TERNGRAD_RANK', value: '0' },
        ]);
        const devices = container.env.filter(({ name }) => name.startsWith('NVIDIA_'));
        expect(devices.every(({ value }) => value === 'void')).toBe(true);
        expect(container.volumeMounts.filter(({ name }) => name === 'terngrad-rank')).toEqual([
          { name: 'terngrad-rank', mountPath: '/etc/terngrad/rank', readOnly: true },
        ]);
      }
      const sources = volumes.flatMap((volume) => Object.keys(volume));
      expect(sources.filter((source) => !VOLUME_SOURCES.has(source))).toEqual([]);
      expect(volumes.filter(({ name }) => name === 'terngrad-rank')).toEqual([
        {
          name: 'terngrad-rank',
          secret: { secretName: 'mnist-ranks-0', defaultMode: 0o440, items: rankFiles(job, 0) },
        },
      ]);
    }),
  );
});
