import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownNamespace } from './namespace.ts';
import { configMapParameters, onCluster, pacedJob } from './paced-job.ts';

const program = fileURLToPath(new URL('../../dist/terngrad.js', import.meta.url));
const LIMIT_MS = 180_000;
const NAME = 'told';
const PACE = { steps: 40, batchMs: 200 };

/** What it prints; rejects where it fails. */
async function terngrad(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...parameters]);
  return stdout;
}

describe('`terngrad` beside a cluster', () => {
  const { cluster, jobs } = ownNamespace('e2e-command-line');
  const here = ['-n', jobs.namespace];

  beforeAll(() => void cluster.kubectl([...configMapParameters, ...here]));

  test(
    'logs --follow shows the lines of all workers as they come, and ends with them',
    async () => {
      await jobs.create(onCluster(pacedJob(NAME, PACE, { workers: { replicas: 2 } })));
      await jobs.untilState(NAME, 'Running', LIMIT_MS);
      const lines = (await terngrad('logs', NAME, ...here, '--follow')).split('\n');
      for (const rank of [0, 1]) {
        const own = lines.filter((line) => line.startsWith(`[${rank}]`));
        expect(own.some((line) => line.includes('all workers are connected'))).toBe(true);
        expect(own.some((line) => line.includes('all workers ended with the same weights'))).toBe(true);
      }
    },
    3 * LIMIT_MS,
  );

  test(
    'status says of a job and of all jobs what the API server has',
    async () => {
      const { status } = await jobs.untilSettled(NAME, LIMIT_MS);
      const text = await terngrad('status', NAME, ...here);
      expect(text).toMatch(new RegExp(`^${jobs.namespace}/${NAME}: Succeeded`));
      expect(text).toMatch(/step +40\/40/);
      expect(await terngrad('status', ...here)).toMatch(/^told +Succeeded .* 40\/40 +100%/m);
      expect(JSON.parse(await terngrad('status', NAME, ...here, '--output', 'json'))).toMatchObject({
        status,
      });
    },
    2 * LIMIT_MS,
  );

  test('logs --rank --tail shows the last line of one worker', async () => {
    const lines = (await terngrad('logs', NAME, ...here, '--rank', '1', '--tail', '1')).trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\[1\]/);
  }, 60_000);

  test('status of a job that is not there says so, with its name and where it looked', async () => {
    await expect(terngrad('status', 'nobody', ...here)).rejects.toThrow(
      /nobody.*e2e-command-line|e2e-command-line.*nobody/s,
    );
  }, 60_000);
});
