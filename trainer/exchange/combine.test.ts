import { describe, expect, test } from '@jest/globals';
import { combine, minorityOf } from './combine.ts';
import { PeerFaultError, ReplicaMismatchError } from './errors.ts';
import type { BarrierContribution } from './exchange.ts';
import { contribution } from './testing/local-job.ts';

const parts = (...changes: Partial<BarrierContribution>[]) =>
  changes.map((change, rank) => ({ rank, contribution: contribution(4, change) }));

describe('the outcome', () => {
  const two = parts(
    { scalers: Float32Array.of(1, 5), loss: 1, samples: 30 },
    { scalers: Float32Array.of(2, 4), loss: 4, samples: 10, leaving: true },
  );

  test('shared scalers are the elementwise maximum', () => {
    expect(combine(two, 'shared', 0)).toMatchObject({ step: 4, scalers: Float32Array.of(2, 5) });
  });

  test('local scalers are all rows in member order', () => {
    expect(combine(two, 'local', 0)).toMatchObject({ scalers: Float32Array.of(1, 5, 2, 4) });
  });

  test('the loss is weighted by samples, and one that leaves ends the generation', () => {
    expect(combine(two, 'shared', 0)).toMatchObject({ meanLoss: 1.75, samples: 40, ends: true });
  });

  test('a member without samples has no say in the loss, whatever it is', () => {
    const outcome = combine(parts({ loss: 2 }, { loss: Number.NaN, samples: 0 }), 'shared', 0);
    expect(outcome).toMatchObject({ meanLoss: 2, samples: 32, ends: false });
    expect(combine(parts({ loss: Number.NaN, samples: 0 }), 'shared', 0)).toMatchObject({
      meanLoss: 0,
      samples: 0,
    });
  });

  test('sums add up and maxima are the largest, over the members that gave any', () => {
    const outcome = combine(
      parts({ sums: [1, 2], maxima: [5] }, {}, { sums: [10, 20], maxima: [7] }),
      'shared',
      0,
    );
    expect(outcome).toMatchObject({ sums: [11, 22], maxima: [7] });
    expect(combine(parts({}), 'shared', 0)).toMatchObject({ sums: [], maxima: [] });
  });
});

describe('the error that everyone gets', () => {
  test('different hashes name the rank that differs from the majority', () => {
    const error = combine(parts({ stateHash: 'a' }, { stateHash: 'b' }, { stateHash: 'a' }), 'shared', 0);
    expect(error).toBeInstanceOf(ReplicaMismatchError);
    expect(error).toMatchObject({
      step: 4,
      minority: [1],
      hashes: [{ hash: 'a' }, { hash: 'b' }, { hash: 'a' }],
    });
  });

  test('two workers that differ have no majority', () => {
    expect(combine(parts({ stateHash: 'a' }, { stateHash: 'b' }), 'shared', 0)).toMatchObject({
      minority: [],
    });
  });

  test.each<[string, Partial<BarrierContribution>, string]>([
    ['a fault that a member reports', { fault: { reason: 'program', message: 'it threw' } }, 'program'],
    ['another step', { step: 5 }, 'internal'],
    ['another number of scalers', { scalers: Float32Array.of(1) }, 'internal'],
    ['a NaN scaler', { scalers: Float32Array.of(1, Number.NaN) }, 'non-finite'],
    ['an infinite scaler', { scalers: Float32Array.of(Infinity, 1) }, 'non-finite'],
    ['a negative scaler', { scalers: Float32Array.of(-1, 1) }, 'non-finite'],
    ['a loss that is NaN', { loss: Number.NaN }, 'non-finite'],
    ['an infinite loss', { loss: Infinity }, 'non-finite'],
  ])('%s', (_what, change, reason) => {
    const error = combine(parts({}, change), 'shared', 0);
    expect(error).toBeInstanceOf(PeerFaultError);
    expect(error).toMatchObject({ rank: 1, reason });
  });

  test('only the faulty rank ends as a failed program', () => {
    const faulty = parts({}, { fault: { reason: 'non-finite', message: 'the loss is NaN' } });
    expect(combine(faulty, 'shared', 1)).toMatchObject({ exitCode: 66 });
    expect(combine(faulty, 'shared', 0)).toMatchObject({ exitCode: 69 });
  });
});

test.each<[string, string[], number[]]>([
  ['all equal', ['a', 'a', 'a'], []],
  ['one of three', ['a', 'a', 'b'], [2]],
  ['two of five', ['b', 'a', 'a', 'c', 'a'], [0, 3]],
  ['half and half', ['a', 'a', 'b', 'b'], []],
  ['all different', ['a', 'b', 'c'], []],
])('the minority: %s', (_what, hashes, minority) => {
  expect(minorityOf(hashes.map((hash, rank) => ({ rank, hash })))).toEqual(minority);
});
