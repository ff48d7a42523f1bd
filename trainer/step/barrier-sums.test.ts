import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { combine } from '../exchange/combine.ts';
import { packSums, unpackSums, type AddedSums, type MemberSums } from './barrier-sums.ts';

/** Through a barrier of these members. */
function added(...members: readonly MemberSums[]): AddedSums {
  const common = {
    step: 0,
    stateHash: 'a',
    loss: 0,
    samples: 0,
    leaving: false,
    scalers: new Float32Array(0),
  };
  const parts = members.map((sums, rank) => ({
    rank,
    contribution: { ...common, sums: packSums(sums), maxima: [] },
  }));
  const outcome = combine(parts, 'shared', 0);
  if (outcome instanceof Error) throw outcome;
  return unpackSums(outcome.sums, members.length);
}

const values = (...numbers: readonly number[]): Float32Array => Float32Array.from(numbers);

describe('what the barrier adds up', () => {
  test('is nothing where no member has anything', () => {
    expect(packSums({})).toEqual([]);
    expect(added({}, {})).toEqual({ evaluation: undefined, nonTrainable: undefined });
  });

  test('is an evaluation, also where a member had no example of it', () => {
    const one = { lossSum: 2, correct: 3, examples: 4 };
    expect(added({ evaluation: one }, { evaluation: one }, {})).toEqual({
      evaluation: { lossSum: 4, correct: 6, examples: 8 },
      nonTrainable: undefined,
    });
  });

  test('is no number of right answers where the program knows none', () => {
    const blind = { lossSum: 2, correct: undefined, examples: 4 };
    expect(added({ evaluation: blind }, { evaluation: blind }).evaluation).toEqual({
      ...blind,
      lossSum: 4,
      examples: 8,
    });
  });

  test('is the mean of non-trainable values; nobody evaluated then', () => {
    const sums = added({ nonTrainable: values(1, -2) }, { nonTrainable: values(2, 4) });
    expect(sums).toEqual({ evaluation: undefined, nonTrainable: values(1.5, 1) });
  });

  test('is both, where evaluations follow on each other, also of a member without a slice of the test set', () => {
    const evaluation = { lossSum: 2, correct: 3, examples: 4 };
    expect(added({ evaluation, nonTrainable: values(1, 3) }, { nonTrainable: values(3, 5) })).toEqual({
      evaluation,
      nonTrainable: values(2, 4),
    });
    const blind = { ...evaluation, correct: undefined };
    expect(added({ evaluation: blind, nonTrainable: values(1) }, { nonTrainable: values(3) })).toEqual({
      evaluation: blind,
      nonTrainable: values(2),
    });
  });

  test('leaves values that are equal on all members as they are, to the bit', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (equal, members) => {
          const { nonTrainable } = added(...Array.from({ length: members }, () => ({ nonTrainable: equal })));
          // -0 + ... stays -0; NaN stays NaN.
          expect(nonTrainable).toEqual(equal);
        },
      ),
    );
  });
});
