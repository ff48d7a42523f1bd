import { describe, expect, test } from '@jest/globals';
import type { TernGradJob } from '../../../crds/job.ts';
import { checkpointStorage, outputStorage } from './checkpoint-storage.ts';
import type { ClusterJob } from './cluster-job.ts';
import { workerPod } from './pod.ts';
import { storageProblems } from './storage-problems.ts';
import { mnistJob } from './testing/cluster-job-fixture.ts';

const settings = { trainerImage: 'trainer', trainerGpuImage: 'trainer-gpu', logLevel: 'info' };

type Spec = TernGradJob['spec'];

function jobWith(spec: Partial<Spec>, template?: NonNullable<Spec['workers']>['template']): ClusterJob {
  return mnistJob(template === undefined ? {} : { template }, spec);
}

/** Of the pod of a rank: where volumes that are not always there are mounted, and what they are. */
function mounts(job: ClusterJob, rank = 0): Record<string, unknown> {
  const { spec } = workerPod(job, { rank, attempt: 1 }, settings) as unknown as {
    spec: {
      volumes: readonly { name: string }[];
      containers: readonly [{ volumeMounts: readonly { name: string; mountPath: string }[] }];
    };
  };
  return Object.fromEntries(
    spec.containers[0].volumeMounts
      .filter(({ mountPath }) => !['/etc/terngrad/rank', '/tmp', '/etc/terngrad/program'].includes(mountPath))
      .map(({ name, mountPath }) => {
        const { name: _name, ...source } = spec.volumes.find((volume) => volume.name === name) ?? { name };
        return [mountPath, source];
      }),
  );
}

function graceOf(job: ClusterJob, rank: number): unknown {
  return workerPod(job, { rank, attempt: 1 }, settings).spec['terminationGracePeriodSeconds'];
}

const claim = { persistentVolumeClaim: { claimName: 'saved' } };
const onClaim = { checkpoint: { directory: '/checkpoints', volumeClaim: 'saved' } };
const usersVolume = (mountPath: string, source: object = claim, readOnly = false) => ({
  volumes: [{ name: 'mine', ...source }],
  volumeMounts: [{ name: 'mine', mountPath, readOnly }],
});

describe('checkpoints on a cluster', () => {
  test('lie on the claim, mounted for rank 0 alone, which has time to save when it is stopped', () => {
    const job = jobWith(onClaim);
    expect(mounts(job)).toEqual({ '/checkpoints': claim });
    expect(mounts(job, 1)).toEqual({});
    expect([graceOf(job, 0), graceOf(job, 1)]).toEqual([120, 30]);
    expect(checkpointStorage(job)).toBe('durable');
  });

  test('lie in the pod without one, and are known not to outlive it', () => {
    const job = jobWith({ checkpoint: { directory: '/checkpoints' } });
    expect(mounts(job)).toEqual({ '/checkpoints': { emptyDir: {} } });
    expect(checkpointStorage(job)).toBe('pod');
  });

  test('of a job without any take no volume and no time', () => {
    expect(mounts(jobWith({}))).toEqual({});
    expect(graceOf(jobWith({}), 0)).toBe(30);
    expect(checkpointStorage(jobWith({}))).toBe('none');
  });

  test('with the time that the user gives', () => {
    expect(graceOf(jobWith(onClaim, { terminationGracePeriodSeconds: 7 }), 0)).toBe(7);
  });

  test('in a relative directory lie beside the program, as they do on one computer', () => {
    const checkpoint = { directory: './saved/', volumeClaim: 'saved' };
    expect(mounts(jobWith({ checkpoint }))).toEqual({ '/opt/terngrad/saved': claim });
    const program = { path: 'train.mjs', configMap: { name: 'code' } };
    expect(mounts(jobWith({ checkpoint, program }))).toEqual({ '/etc/terngrad/program/saved': claim });
  });

  test.each(['/data', '/data/', '/data/checkpoints'])(
    'in a volume of the user’s at %s leave it as it is',
    (mountPath) => {
      const checkpoint = { directory: '/data/checkpoints' };
      const job = jobWith({ checkpoint }, usersVolume(mountPath));
      expect(mounts(job)).toMatchObject({ [mountPath]: claim });
      expect(Object.keys(mounts(job))).toEqual([mountPath]);
      expect(checkpointStorage(job)).toBe('durable');
      expect(storageProblems(job)).toEqual([]);
    },
  );

  test.each([
    ['a sibling of the same beginning', usersVolume('/data/check')],
    ['a mount that cannot be written', usersVolume('/data', claim, true)],
    [
      'a claim that cannot be written',
      usersVolume('/data', { persistentVolumeClaim: { claimName: 'saved', readOnly: true } }),
    ],
    ['a ConfigMap', usersVolume('/data', { configMap: { name: 'files' } })],
  ])('are not taken to lie in %s', (_, template) => {
    const job = jobWith({ checkpoint: { directory: '/data/checkpoints' } }, template);
    expect(mounts(job)).toMatchObject({ '/data/checkpoints': { emptyDir: {} } });
    expect(checkpointStorage(job)).toBe('pod');
  });

  test('in a volume of the user’s that goes with the pod are not durable', () => {
    const template = usersVolume('/data', { emptyDir: {} });
    expect(checkpointStorage(jobWith({ checkpoint: { directory: '/data' } }, template))).toBe('pod');
  });

  test.each([
    '/',
    '/etc',
    '/etc/terngrad',
    '/etc/terngrad/rank/x',
    '/opt/terngrad',
    '.',
    '/dev/shm',
    '/a:b',
    '../../etc',
  ])('are refused at %s, where a worker has files of its own', (directory) => {
    expect(storageProblems(jobWith({ checkpoint: { directory } }))).toMatchObject([
      { path: ['spec', 'checkpoint', 'directory'], message: expect.stringContaining('files of its own') },
    ]);
  });

  test('are refused where claim and template mount two volumes at one place', () => {
    expect(storageProblems(jobWith(onClaim, usersVolume('/checkpoints/')))).toMatchObject([
      { message: expect.stringContaining('has a volume') },
    ]);
  });
});

describe('the trained model on a cluster', () => {
  test.each<[string, Partial<Spec>, ReturnType<typeof usersVolume> | undefined, string]>([
    [
      'below the checkpoints on a claim',
      { ...onClaim, output: { path: '/checkpoints/model.safetensors' } },
      undefined,
      'durable',
    ],
    [
      'as a folder there',
      { ...onClaim, output: { path: '/checkpoints/model', format: 'tfjs' } },
      undefined,
      'durable',
    ],
    [
      'in a claim of the template',
      { output: { path: '/models/a.safetensors' } },
      usersVolume('/models'),
      'durable',
    ],
    [
      'below checkpoints in the pod',
      { checkpoint: { directory: '/c' }, output: { path: '/c/model' } },
      undefined,
      'pod',
    ],
    [
      'in a volume that goes with the pod',
      { output: { path: '/m/model' } },
      usersVolume('/m', { emptyDir: {} }),
      'pod',
    ],
    [
      'in a volume that cannot be written',
      { output: { path: '/m/model' } },
      usersVolume('/m', claim, true),
      'none',
    ],
    ['beside the program', { output: { path: 'model.safetensors' } }, undefined, 'none'],
    ['in the temporary directory', { output: { path: '/tmp/model' } }, undefined, 'none'],
  ])('%s', (_, spec, template, storage) => {
    const job = jobWith(spec, template);
    expect(outputStorage(job)).toBe(storage);
    const problems = storageProblems(job);
    expect(problems).toHaveLength(storage === 'durable' ? 0 : 1);
    if (storage !== 'durable') {
      expect(problems[0]?.path).toEqual(['spec', 'output', 'path']);
      expect(problems[0]?.message).toMatch(/checkpoint\.volumeClaim.*PersistentVolumeClaim/);
    }
  });
});
