import { describe, expect, test } from '@jest/globals';
import type { PodTemplate } from '../../crds/pod-template.ts';
import { readIdentity } from '../../trainer/identity.ts';
import { job } from '../plan/testing/builders.ts';
import { workerEnvironment } from './environment.ts';
import type { JobFolder } from './job-folder.ts';
import { localJob } from './local-job.ts';
import type { LocalJob } from './local-job.ts';

const folder: JobFolder = {
  path: '/run',
  jobFile: '/run/job.json',
  rankDirectory: (rank) => `/run/rank-${rank}`,
  terminationMessageFile: (rank, attempt) => `/run/rank-${rank}/end-${attempt}.json`,
  rewriteJob: () => Promise.resolve(),
  remove: () => undefined,
};

function environmentOf(
  rank: number,
  spec: readonly string[] = [],
  inherited: Record<string, string> = {},
  template?: PodTemplate,
) {
  const given = localJob(job(2, ...spec), 'uid-1');
  const facts = {
    job: template === undefined ? given : withTemplate(given, template),
    folder,
    coordinatorPort: 4000,
    baseDirectory: '/work',
    logLevel: 'debug',
    inherited,
  };
  return workerEnvironment(facts, { rank, attempt: 1 });
}

function withTemplate({ spec, ...rest }: LocalJob, template: PodTemplate): LocalJob {
  return { ...rest, spec: { ...spec, workers: { ...spec.workers, template } } };
}

describe('the environment of a local worker', () => {
  test('is what the worker reads as its identity', () => {
    expect(readIdentity(environmentOf(1))).toEqual({
      jobFile: '/run/job.json',
      jobName: 'small',
      jobNamespace: 'default',
      jobUid: 'uid-1',
      rank: 1,
      attempt: 1,
      coordinatorAddress: '127.0.0.1:4000',
      advertiseHost: '127.0.0.1',
      listenAddress: '127.0.0.1:0',
      httpAddress: '127.0.0.1:0',
      certificateDirectory: '/run/rank-1',
      terminationMessageFile: '/run/rank-1/end-1.json',
      baseDirectory: '/work',
      logLevel: 'debug',
    });
  });

  test('rank 0 listens where the others look for it', () => {
    expect(readIdentity(environmentOf(0)).listenAddress).toBe('127.0.0.1:4000');
  });

  test('without TLS there is no certificate directory', () => {
    expect(readIdentity(environmentOf(0, ['tls: {enabled: false}'])).certificateDirectory).toBeUndefined();
  });

  test('has the literal variables of the template, which a program may read', () => {
    const template = {
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
    };
    const environment = environmentOf(0, [], { FROM_SECRET: 'mine', MODE: 'other' }, template);
    expect(environment).toMatchObject({ MODE: 'fast', FROM_SECRET: 'mine' });
  });

  test('passes on what was there, but no identity of another worker', () => {
    const environment = environmentOf(0, [], {
      PATH: '/bin',
      TERNGRAD_JOB_UID: 'foreign',
      TERNGRAD_NEW: 'x',
    });
    expect(environment).toMatchObject({
      PATH: '/bin',
      TERNGRAD_JOB_UID: 'uid-1',
      TERNGRAD_PARENT_PIPE: 'stdin',
    });
    expect(environment).not.toHaveProperty('TERNGRAD_NEW');
  });
});
