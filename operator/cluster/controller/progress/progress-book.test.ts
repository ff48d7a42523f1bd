import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProgressReport, ProgressRequest } from '../../../../trainer/wire/progress.ts';
import { ProgressBook } from './progress-book.ts';
import type { ProgressTarget } from './progress-book.ts';

const TARGET: ProgressTarget = {
  namespace: 'default',
  jobUid: 'uid-1',
  address: '10.0.0.1:7443',
  encrypted: true,
};
const REQUEST: ProgressRequest = { wantedSize: 2, attempts: [{ rank: 0, attempt: 1 }] };
const NOW = new Date('2026-01-01T00:00:00Z');

class Rank0 {
  step = 1;
  isDown = false;
  isClosed = false;
  readonly asked: ProgressRequest[] = [];

  readonly ask = (request: ProgressRequest): Promise<ProgressReport> => {
    this.asked.push(request);
    if (this.isDown) return Promise.reject(new Error('14 UNAVAILABLE'));
    return Promise.resolve({
      step: this.step,
      totalSteps: 100,
      epoch: 0,
      samplesPerSecond: 1,
      stepMs: 1,
      bytes: { raw: 0, wire: 0 },
      ranks: [],
      suspects: [],
      stragglers: [],
    });
  };
}

let book: ProgressBook;
let rank0s: Map<string, Rank0>;
let connections: string[];
let reported: string[];
let now: Date;

beforeEach(() => {
  rank0s = new Map();
  connections = [];
  reported = [];
  now = NOW;
  book = new ProgressBook({
    connect: ({ address }) => {
      connections.push(address);
      const rank0 = rank0s.get(address) ?? new Rank0();
      rank0s.set(address, rank0);
      return {
        ask: rank0.ask,
        close: () => {
          rank0.isClosed = true;
        },
      };
    },
    clock: () => now,
    onReport: (key) => reported.push(key),
    intervalMs: 1,
  });
});
afterEach(() => book.close());

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('rank 0 is asked again and again over one connection, and told the newest request', async () => {
  book.follow('default/a', TARGET, REQUEST);
  await until(() => reported.length >= 2);
  expect(book.of('default/a', 'uid-1')).toMatchObject({ step: 1, advancedAt: NOW });
  const grown = { ...REQUEST, wantedSize: 3 };
  book.follow('default/a', TARGET, grown);
  await until(() => rank0s.get(TARGET.address)?.asked.at(-1) === grown);
  expect(connections).toEqual([TARGET.address]);
});

test('a new attempt of rank 0 gets a new connection, and the old one is closed', async () => {
  book.follow('default/a', TARGET, REQUEST);
  await until(() => reported.length > 0);
  book.follow('default/a', { ...TARGET, address: '10.0.0.2:7443' }, REQUEST);
  await until(() => rank0s.get(TARGET.address)?.isClosed === true);
  expect(connections).toEqual([TARGET.address, '10.0.0.2:7443']);
});

test('a rank 0 that does not answer holds up nobody, and is asked again', async () => {
  const down = new Rank0();
  down.isDown = true;
  rank0s.set(TARGET.address, down);
  book.follow('default/a', TARGET, REQUEST);
  book.follow('default/b', { ...TARGET, jobUid: 'uid-2', address: '10.0.0.2:7443' }, REQUEST);
  await until(() => reported.includes('default/b') && down.asked.length > 2);
  expect(book.of('default/a', 'uid-1')).toBeUndefined();
  down.isDown = false;
  await until(() => reported.includes('default/a'));
});

test('what the status knows already is no progress, a further step is', async () => {
  const stored = { step: 7, advancedAt: new Date('2025-12-31T00:00:00Z') };
  const rank0 = new Rank0();
  rank0.step = 7;
  rank0s.set(TARGET.address, rank0);
  book.follow('default/a', TARGET, REQUEST, stored);
  await until(() => reported.length > 0);
  expect(book.of('default/a', 'uid-1')).toMatchObject(stored);
  now = new Date('2026-01-01T00:01:00Z');
  rank0.step = 8;
  await until(() => book.of('default/a', 'uid-1')?.step === 8);
  expect(book.of('default/a', 'uid-1')?.advancedAt).toEqual(now);
});

test('the last answer outlives the connection, but neither the job nor its name', async () => {
  book.follow('default/a', TARGET, REQUEST);
  await until(() => reported.length > 0);
  book.unfollow('default/a');
  await until(() => rank0s.get(TARGET.address)?.isClosed === true);
  expect(book.of('default/a', 'uid-1')?.step).toBe(1);
  expect(book.of('default/a', 'uid-of-the-next')).toBeUndefined();
  book.forget('default/a');
  expect(book.of('default/a', 'uid-1')).toBeUndefined();
});
