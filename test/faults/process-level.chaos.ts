import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob } from '../local-run/run-job.ts';
import { PacedJob } from './paced-job.ts';
import { appendResult, beginResults, writeMatrix } from './report.ts';
import type { Verdict } from './scene.ts';
import { scenesOf } from './scenes.ts';

/** Of all tests together: each waits for its turn. */
const LIMIT_MS = 15 * 60_000;
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const only = process.env['CHAOS_ONLY'];

const job = new PacedJob();
const scenes = scenesOf(job, (id) => new RegExp(only ?? '').test(id));
const ids = scenes.flatMap(({ rows }) => rows.map(({ id }) => id));

console.log(`seed ${seed}`);

afterAll(() => job.remove());

describe('Workers under faults, as processes', () => {
  const verdicts: Verdict[] = [];
  let playing: Promise<void> | undefined;
  const waiting = new Map<string, (verdict: Verdict) => void>();
  const coming = new Map(ids.map((id) => [id, new Promise<Verdict>((resolve) => waiting.set(id, resolve))]));

  beforeAll(async () => {
    beginResults();
    const undisturbed = await runJob(job.with());
    const [weightsHash] = undisturbed.result.weightsHashes;
    if (typeof weightsHash !== 'string')
      throw new Error(`the undisturbed run has failed\n${undisturbed.err}`);
    const onVerdict = (verdict: Verdict): void => {
      verdicts.push(verdict);
      appendResult(verdict, seed);
      waiting.get(verdict.row.id)?.(verdict);
    };
    playing = (async () => {
      for (const scene of scenes) await scene.play({ seed, weightsHash, onVerdict });
    })();
  }, LIMIT_MS);

  test('each row has an id of its own', () => expect(new Set(ids).size).toBe(ids.length));

  describe('come to the weights of the undisturbed run, lose no step, and leave nothing behind', () => {
    test.each(ids)(
      '%s',
      async (id) => {
        const verdict = await coming.get(id);
        if (verdict?.failure !== undefined) throw new Error(verdict.failure);
      },
      LIMIT_MS,
    );
  });

  test(
    'and the matrix is written',
    async () => {
      await playing;
      if (only === undefined) writeMatrix(verdicts, seed);
      expect(verdicts).toHaveLength(ids.length);
    },
    LIMIT_MS,
  );
});
