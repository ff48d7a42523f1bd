import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ApiServer } from '../api/types.ts';
import { createLeaderElection } from './leader-election.ts';
import type { LeaderElection } from './leader-election.ts';
import { leaseServer } from './testing/lease-server.ts';
import type { LeaseClient, LeaseServer } from './testing/lease-server.ts';

const log = pino({ level: 'silent' });

interface Candidate {
  readonly election: LeaderElection;
  readonly client: LeaseClient;
  /** Its monotonic clock goes on by this, and no timer notices: as after SIGSTOP. */
  readonly stall: (durationMs: number) => void;
  readonly stop: () => void;
  readonly ended: Promise<'stopped' | 'lost'>;
}

/** Runs; what happens to it is noted in `story`. Its work ends some time after it is told to. */
function candidate(server: LeaseServer, name: string, story: string[], workEndsAfterMs = 0): Candidate {
  const client = server.client();
  let stalledMs = 0;
  const election = createLeaderElection({
    api: { resource: () => client } as unknown as ApiServer,
    namespace: 'n',
    name: 'operator',
    identity: name,
    leaseDurationMs: 2000,
    renewDeadlineMs: 900,
    retryMs: 40,
    monotonicMs: () => performance.now() + stalledMs,
    log,
  });
  const stop = new AbortController();
  const lead = async (leading: AbortSignal): Promise<void> => {
    story.push(`${name} leads`);
    await pause(60_000, undefined, { signal: leading }).catch(() => {});
    await pause(workEndsAfterMs);
    story.push(`${name} ends`);
  };
  const ended = election.run(lead, stop.signal);
  return { election, client, stall: (ms) => void (stalledMs += ms), stop: () => stop.abort(), ended };
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to that within 10 s');
    await pause(5);
  }
}

describe('of two candidates', () => {
  test('one leads, and hands over when it is stopped, after its work has ended', async () => {
    const server = leaseServer();
    const story: string[] = [];
    const a = candidate(server, 'a', story, 100);
    await until(() => a.election.stillLeading());
    const b = candidate(server, 'b', story);
    await pause(150);
    expect(b.election.stillLeading()).toBe(false);
    a.stop();
    expect(a.election.stillLeading()).toBe(false);
    expect(await a.ended).toBe('stopped');
    await until(() => b.election.stillLeading());
    b.stop();
    expect(await b.ended).toBe('stopped');
    expect(story).toEqual(['a leads', 'a ends', 'b leads', 'b ends']);
    expect(server.lease()?.spec?.holderIdentity).toBeUndefined();
  });

  test.each(['cut', 'deaf', 'hangs'] as const)(
    'a leader whose way to the server is %s stops before the other can lead',
    async (way) => {
      const server = leaseServer();
      const story: string[] = [];
      const a = candidate(server, 'a', story);
      await until(() => a.election.stillLeading());
      const b = candidate(server, 'b', story);
      a.client.way = way;
      expect(await a.ended).toBe('lost');
      await until(() => b.election.stillLeading());
      expect(a.election.stillLeading()).toBe(false);
      b.stop();
      await b.ended;
      expect(story).toEqual(['a leads', 'a ends', 'b leads', 'b ends']);
    },
  );
});

describe('a leader', () => {
  test('that was stopped past its deadline knows it at the very next question', async () => {
    const server = leaseServer();
    const a = candidate(server, 'a', []);
    await until(() => a.election.stillLeading());
    a.stall(900);
    expect(a.election.stillLeading()).toBe(false);
    expect(await a.ended).toBe('lost');
  });

  test('goes on through a short disturbance, and a hanging connection', async () => {
    const server = leaseServer();
    const a = candidate(server, 'a', []);
    await until(() => a.election.stillLeading());
    for (const way of ['cut', 'deaf', 'hangs', 'open'] as const) {
      a.client.way = way;
      await pause(120);
      a.client.way = 'open';
      await pause(400);
    }
    expect(a.election.stillLeading()).toBe(true);
    a.stop();
    expect(await a.ended).toBe('stopped');
  });

  test('whose work fails hands over and tells the failure', async () => {
    const server = leaseServer();
    const election = createLeaderElection({
      api: { resource: () => server.client() } as unknown as ApiServer,
      namespace: 'n',
      name: 'operator',
      identity: 'a',
      log,
    });
    const failing = election.run(() => Promise.reject(new Error('bug')), new AbortController().signal);
    await expect(failing).rejects.toThrow('bug');
    expect(server.lease()?.spec?.holderIdentity).toBeUndefined();
  });
});

test('a candidate that is stopped while it waits never leads', async () => {
  const server = leaseServer();
  const story: string[] = [];
  const a = candidate(server, 'a', story);
  await until(() => a.election.stillLeading());
  const b = candidate(server, 'b', story);
  await pause(60);
  b.stop();
  expect(await b.ended).toBe('stopped');
  a.stop();
  await a.ended;
  expect(story).toEqual(['a leads', 'a ends']);
});
