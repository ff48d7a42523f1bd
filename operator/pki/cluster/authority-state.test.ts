import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { DAY_MS } from '../lifetime.ts';
import { advance, bundleOf, firstState, LEAF_DAYS } from './authority-state.ts';
import type { AuthorityState } from './authority-state.ts';
import { splitPem } from './pem.ts';

const START = new Date('2030-01-01T00:00:00Z');

function day(number: number): Date {
  return new Date(START.getTime() + number * DAY_MS);
}

/** What stands in a state: who signs, and how many are trusted. */
function shapeOf(state: AuthorityState): string {
  const kind = state.next !== undefined ? 'announced' : state.retired.length > 0 ? 'retiring' : 'settled';
  return `${kind}, ${splitPem(bundleOf(state)).length} trusted`;
}

test('an authority signs for two thirds of two years; then the next is announced, signs, and the old one goes', async () => {
  let state = await firstState(START);
  const changes: [number, string][] = [[0, shapeOf(state)]];
  for (let today = 0; today < 600; today += 0.5) {
    const next = await advance(state, day(today));
    if (next === state) continue;
    changes.push([today, shapeOf(next)]);
    state = next;
  }
  expect(changes).toEqual([
    [0, 'settled, 1 trusted'],
    [487, 'announced, 2 trusted'],
    [488, 'retiring, 2 trusted'],
    [518, 'settled, 1 trusted'],
  ]);
});

/** A worker that got its files some time ago, from the state of that time. */
interface Holder {
  readonly issuedAt: number;
  readonly signer: string;
  readonly trusted: readonly string[];
}

test('on every day of three years whoever renews within a day is trusted by everyone, and trusts everyone', async () => {
  let state = await firstState(START);
  const lagsDays = [0, 0.5, 1];
  const holders: Holder[] = lagsDays.map(() => holderOf(state, 0));
  const due = lagsDays.map(() => Infinity);
  let signers = 1;
  const distrust: number[] = [];
  for (let today = 0; today < 3 * 365; today += 0.5) {
    const next = await advance(state, day(today));
    if (next.signing !== state.signing) signers += 1;
    if (next !== state) lagsDays.forEach((lag, k) => (due[k] = Math.min(due[k] ?? today, today + lag)));
    state = next;
    holders.forEach((holder, k) => {
      const isOld = today - holder.issuedAt >= (LEAF_DAYS * 2) / 3;
      if (!isOld && today < (due[k] ?? Infinity)) return;
      holders[k] = holderOf(state, today);
      due[k] = Infinity;
    });
    const strangers = holders.flatMap((one) =>
      holders.filter(({ trusted }) => !trusted.includes(one.signer)),
    );
    if (strangers.length > 0) distrust.push(today);
  }
  expect(distrust).toEqual([]);
  expect(signers).toBe(3);
}, 60_000);

test('an authority that expired while nobody looked is replaced at once', async () => {
  const state = await firstState(START);
  const later = await advance(state, day(731));
  expect(shapeOf(later)).toBe('settled, 1 trusted');
  expect(later.signing.certificate).not.toBe(state.signing.certificate);
});

function holderOf(state: AuthorityState, issuedAt: number): Holder {
  const { validTo } = new X509Certificate(state.signing.certificate);
  if (new Date(validTo) < day(issuedAt + LEAF_DAYS))
    throw new Error('the authority ends before what it signs');
  return {
    issuedAt,
    signer: state.signing.certificate.trim(),
    trusted: splitPem(bundleOf(state)).map((pem) => pem.trim()),
  };
}
