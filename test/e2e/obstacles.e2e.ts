import { describe, expect, test } from '@jest/globals';
import { eventually } from './eventually.ts';
import { ownNamespace } from './namespace.ts';
import { smallJob } from './small-job.ts';

const SAID_WITHIN_MS = 30_000;
const TRAINED_WITHIN_MS = 120_000;

describe('What only the cluster can know', () => {
  const { cluster, jobs } = ownNamespace('e2e-obstacles');
  const core = `/api/v1/namespaces/${jobs.namespace}`;

  test(
    'a ConfigMap that is missing: the job says so within 30 s, and goes on when it is there',
    async () => {
      const program = { path: 'mine.mjs', configMap: { name: 'later' } };
      await jobs.create(smallJob('waits', 1, { program, data: { name: 'program' } }));
      const { message } = await jobs.untilCondition(
        'waits',
        ({ type, status }) => type === 'Blocked' && status === 'True',
        SAID_WITHIN_MS,
      );
      expect(message).toContain('"later" not found');
      const source = 'examples/custom-program/spirals.mjs';
      cluster.kubectl([
        'create',
        'configmap',
        'later',
        '-n',
        jobs.namespace,
        `--from-file=mine.mjs=${source}`,
      ]);
      await jobs.untilState('waits', 'Succeeded', 2 * TRAINED_WITHIN_MS);
    },
    3 * TRAINED_WITHIN_MS,
  );

  test(
    'an object of somebody else with the name of a child: it is named, left alone, and no longer in the way when gone',
    async () => {
      const foreign = `${core}/services/taken-coordinator`;
      await cluster.client.create(`${core}/services`, {
        metadata: { name: 'taken-coordinator' },
        spec: { clusterIP: 'None', selector: { app: 'theirs' } },
      });
      await jobs.create(smallJob('taken', 1));
      const { message } = await jobs.untilCondition(
        'taken',
        ({ type, status }) => type === 'Blocked' && status === 'True',
        SAID_WITHIN_MS,
      );
      expect(message).toContain('taken-coordinator');
      expect((await cluster.client.get(foreign)).body).toMatchObject({
        spec: { selector: { app: 'theirs' } },
      });
      await cluster.client.delete(foreign);
      await jobs.untilState('taken', 'Succeeded', 2 * TRAINED_WITHIN_MS);
    },
    3 * TRAINED_WITHIN_MS,
  );

  test(
    'a quota: the job gives the words of the API server, and goes on when there is room',
    async () => {
      const quotas = `${core}/resourcequotas`;
      await cluster.client.create(quotas, { metadata: { name: 'tight' }, spec: { hard: { pods: '0' } } });
      await eventually('the quota is in force', SAID_WITHIN_MS, async () => {
        const { body } = await cluster.client.get(`${quotas}/tight`);
        return JSON.stringify(body).includes('"used"') ? true : undefined;
      });
      await jobs.create(smallJob('refused', 1));
      const { message } = await jobs.untilCondition(
        'refused',
        ({ type, status }) => type === 'Blocked' && status === 'True',
        SAID_WITHIN_MS,
      );
      expect(message).toContain('exceeded quota: tight');
      await cluster.client.delete(`${quotas}/tight`);
      await jobs.untilState('refused', 'Succeeded', 2 * TRAINED_WITHIN_MS);
    },
    3 * TRAINED_WITHIN_MS,
  );

  test(
    'time: a job that is to be kept for a second after its end is gone after it',
    async () => {
      await jobs.create(smallJob('brief', 1, { ttlSecondsAfterFinished: 1 }));
      await eventually('the job is gone with all it had', TRAINED_WITHIN_MS, async () => {
        const gone = (await jobs.get('brief')).metadata.uid === undefined;
        return gone && (await jobs.belongings('brief')).length === 0 ? true : undefined;
      });
    },
    2 * TRAINED_WITHIN_MS,
  );
});
