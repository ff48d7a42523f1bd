import { describe, expect, test } from '@jest/globals';
import {
  AveragedNonTrainable,
  MOST_AVERAGED_VALUES,
  type NonTrainableWeights,
} from './averaged-non-trainable.ts';

/** A model's non-trainable weights, to be looked at in `values`. */
class FakeWeights implements NonTrainableWeights {
  values: Float32Array;
  readonly nonTrainableValues: number;

  constructor(...values: readonly number[]) {
    this.values = Float32Array.from(values);
    this.nonTrainableValues = values.length;
  }

  exportNonTrainable(out: Float32Array): void {
    out.set(this.values);
  }

  importNonTrainable(from: Float32Array): void {
    this.values = from.slice();
  }
}

const floats = (...values: readonly number[]): Float32Array => Float32Array.from(values);

describe('a member gives to the mean', () => {
  test('what its weights are now', () => {
    const weights = new FakeWeights(1, 2);
    const averaged = new AveragedNonTrainable(weights);
    weights.values = floats(3, 4);
    expect(averaged.contribution()).toEqual(floats(3, 4));
  });

  test('nothing where the model has no such weights', () => {
    expect(new AveragedNonTrainable(new FakeWeights()).contribution()).toBeUndefined();
  });

  test('nothing where they do not fit in a barrier', () => {
    const of = (nonTrainableValues: number): Float32Array | undefined => {
      const ignored = (): void => {};
      const weights = { nonTrainableValues, exportNonTrainable: ignored, importNonTrainable: ignored };
      return new AveragedNonTrainable(weights).contribution();
    };
    expect(of(MOST_AVERAGED_VALUES)).toHaveLength(MOST_AVERAGED_VALUES);
    expect(of(MOST_AVERAGED_VALUES + 1)).toBeUndefined();
  });
});

describe('an evaluation', () => {
  test('sees the mean, and leaves the member its own weights', () => {
    const weights = new FakeWeights(1, 2);
    const averaged = new AveragedNonTrainable(weights);
    averaged.contribution();
    averaged.agree(floats(5, 6));
    expect(averaged.during(() => weights.values)).toEqual(floats(5, 6));
    expect(weights.values).toEqual(floats(1, 2));
  });

  test('that throws leaves the member its own weights too', () => {
    const weights = new FakeWeights(1);
    const averaged = new AveragedNonTrainable(weights);
    averaged.agree(floats(5));
    const failing = (): never => {
      throw new Error('no such column');
    };
    expect(() => averaged.during(failing)).toThrow('no such column');
    expect(weights.values).toEqual(floats(1));
  });

  test('without a mean sees the own weights', () => {
    const weights = new FakeWeights(1);
    expect(new AveragedNonTrainable(weights).during(() => weights.values)).toEqual(floats(1));
  });
});
