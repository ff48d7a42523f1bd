import { expect, test } from '@jest/globals';
import { Label } from '../../operator/plan/manifests/labels.ts';
import type { Change } from '../integration/api-client.ts';
import { Observer } from './observer.ts';

const TTL_SECONDS = 2;
const SECOND_MS = 1000;

/** What is found wrong when just these changes are seen. */
async function violationsOf(
  ...changes: readonly (readonly [plural: string, Change])[]
): Promise<readonly string[]> {
  const client = {
    watch(path: string, onChange: (change: Change) => void): Promise<{ ended: Promise<void> }> {
      for (const [plural, change] of changes) {
        if (path.includes('/jobs/') && path.endsWith(plural)) onChange(change);
      }
      return Promise.resolve({ ended: new Promise<void>(() => {}) });
    },
  };
  const observer = new Observer({ client, namespace: 'jobs', operatorNamespace: 'operator', maxPods: 2 });
  await observer.start();
  return observer.violations;
}

function job(type: Change['type'], state: string, endedMsAgo?: number): readonly [plural: string, Change] {
  const completionTime =
    endedMsAgo === undefined ? {} : { completionTime: new Date(Date.now() - endedMsAgo).toISOString() };
  const object = {
    metadata: { name: 'example', uid: 'job' },
    spec: { ttlSecondsAfterFinished: TTL_SECONDS },
    status: { state, ...completionTime },
  };
  return ['terngradjobs', { type, object }];
}

function pod(rank: number, attempt: number, phase: string): readonly [plural: string, Change] {
  const metadata = {
    name: `example-worker-${rank}-${attempt}`,
    uid: `${rank}-${attempt}`,
    labels: { [Label.rank]: String(rank), [Label.attempt]: String(attempt) },
  };
  return ['pods', { type: 'ADDED', object: { metadata, status: { phase } } }];
}

test('nothing is wrong with a job that ends, lives as long as it is to, and is deleted', async () => {
  const ended = [job('ADDED', 'Running'), job('MODIFIED', 'Succeeded', 5 * SECOND_MS)];
  expect(await violationsOf(...ended, job('DELETED', 'Succeeded', 5 * SECOND_MS))).toEqual([]);
});

test.each([
  ['before its time to live is over', job('DELETED', 'Succeeded', SECOND_MS)],
  ['before it has ended', job('DELETED', 'Running')],
])('a job must not be deleted %s', async (_name, deleted) => {
  const told = 'the job was deleted before its time to live was over';
  expect(await violationsOf(job('ADDED', 'Running'), deleted)).toEqual([told]);
});

test('terminal is terminal', async () => {
  const seen = [job('ADDED', 'Succeeded', 0), job('MODIFIED', 'Restarting')];
  expect(await violationsOf(...seen)).toEqual(['a job went from Succeeded to Restarting']);
});

test('at most one live worker per rank, and no more than wanted; those that ended do not count', async () => {
  const two = [pod(0, 1, 'Running'), pod(1, 1, 'Failed'), pod(1, 2, 'Running')];
  expect(await violationsOf(...two)).toEqual([]);
  expect(await violationsOf(...two, pod(2, 1, 'Pending'))).toEqual([
    expect.stringMatching('too many live workers'),
  ]);
  expect(await violationsOf(pod(1, 1, 'Running'), pod(1, 2, 'Pending'))).toEqual([
    expect.stringMatching('two live workers of one rank'),
  ]);
});
