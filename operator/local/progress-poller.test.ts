import { describe, expect, test } from '@jest/globals';
import { at } from '../plan/testing/builders.ts';
import type { JobProgress } from '../plan/progress.ts';
import { pollProgress } from './progress-poller.ts';
import { someReport } from './testing/run-fixture.ts';

const request = () => ({ wantedSize: 1, attempts: [{ rank: 0, attempt: 1 }] });

describe('the progress poller', () => {
  test('notes when the step last grew, and asks on after a poll that failed', async () => {
    const answers = [undefined, 1, 1, undefined, 2];
    const seen: JobProgress[] = [];
    const end = new AbortController();
    let second = 0;
    await pollProgress(
      {
        ask: () => {
          const step = answers.shift();
          if (answers.length === 0) end.abort();
          return step === undefined
            ? Promise.reject(new Error('busy'))
            : Promise.resolve({ ...someReport, step });
        },
        request,
        intervalMs: 1,
        timeoutMs: 1000,
        clock: () => at((second += 1)),
        onProgress: (progress) => seen.push(progress),
      },
      end.signal,
    );
    expect(seen.map(({ step, advancedAt }) => [step, advancedAt])).toEqual([
      [1, at(1)],
      [1, at(1)],
      [2, at(3)],
    ]);
  });

  test('notes by its own clock since when rank 0 waits for a worker, whatever the clock of rank 0 says', async () => {
    const suspect = (attempt: number) => ({ rank: 1, attempt, reason: 'silent', sinceMs: 9e15 });
    const answers = [
      { step: 1, suspects: [] },
      { step: 1, suspects: [suspect(1)] },
      { step: 1, suspects: [suspect(1)] },
      { step: 1, suspects: [] },
      { step: 1, suspects: [suspect(1)] },
      { step: 1, suspects: [suspect(2)] },
      { step: 2, suspects: [suspect(2)] },
    ];
    const seen: JobProgress[] = [];
    const end = new AbortController();
    let second = 0;
    await pollProgress(
      {
        ask: () => {
          const answer = answers.shift();
          if (answers.length === 0) end.abort();
          return Promise.resolve({ ...someReport, ...answer });
        },
        request,
        intervalMs: 1,
        timeoutMs: 1000,
        clock: () => at((second += 1)),
        onProgress: (progress) => seen.push(progress),
      },
      end.signal,
    );
    const noted = seen.map(({ suspects }) =>
      suspects.map(({ attempt, since, heardAt }) => ({ attempt, since, heardAt })),
    );
    expect(noted).toEqual([
      [],
      [{ attempt: 1, since: at(2), heardAt: at(2) }],
      [{ attempt: 1, since: at(2), heardAt: at(3) }],
      [],
      [{ attempt: 1, since: at(5), heardAt: at(5) }],
      [{ attempt: 2, since: at(6), heardAt: at(6) }],
      // Steps were done since, so it is another wait.
      [{ attempt: 2, since: at(7), heardAt: at(7) }],
    ]);
  });

  test('an end during a poll ends the poll', async () => {
    const end = new AbortController();
    const polling = pollProgress(
      {
        ask: () => new Promise(() => undefined),
        request,
        intervalMs: 1,
        timeoutMs: 60_000,
        clock: () => at(0),
        onProgress: () => undefined,
      },
      end.signal,
    );
    end.abort();
    await expect(polling).resolves.toBeUndefined();
  });
});
